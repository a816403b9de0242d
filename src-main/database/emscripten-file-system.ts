/** Emscripten's in-memory table of names. */
export interface EmscriptenFs {
  lookupNode(parent: EmscriptenNode, name: string): EmscriptenNode;
  /** Removes the entry; the file stays. */
  destroyNode(node: EmscriptenNode): void;
}

/** The part of Emscripten's file system over Node's `fs` that is needed here. PGlite's files go through it. */
export interface EmscriptenNodeFs {
  readonly stream_ops: StreamOperations;
  readonly node_ops: NodeOperations;
  realPath(node: EmscriptenNode): string;
}

export interface EmscriptenNode {
  readonly name: string;
}

export interface EmscriptenStream {
  readonly node: EmscriptenNode;
  readonly nfd: number;
}

interface Attributes {
  /** Set to change the length. */
  readonly size?: number;
}

export interface StreamOperations {
  fsync?: (stream: EmscriptenStream) => number;
  open: (stream: EmscriptenStream) => void;
  write: (
    stream: EmscriptenStream,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => number;
  setattr: (stream: EmscriptenStream, attributes: Attributes) => void;
}

export interface NodeOperations {
  setattr: (node: EmscriptenNode, attributes: Attributes) => void;
  mknod: (parent: EmscriptenNode, name: string, mode: number, device: number) => EmscriptenNode;
  symlink: (parent: EmscriptenNode, name: string, target: string) => void;
  unlink: (parent: EmscriptenNode, name: string) => void;
  rmdir: (parent: EmscriptenNode, name: string) => void;
  rename: (node: EmscriptenNode, parent: EmscriptenNode, name: string) => void;
}
