/** The names that Emscripten has in memory. */
export interface EmscriptenFs {
  lookupNode(parent: EmscriptenNode, name: string): EmscriptenNode;
  /** Forgets it; the file stays. */
  destroyNode(node: EmscriptenNode): void;
}

/** As much of Emscripten's file system over Node's `fs` as is needed here: what PGlite's files go through. */
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
  /** Set where the length is to be changed. */
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
