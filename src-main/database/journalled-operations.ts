import { join } from 'node:path';
import type { EmscriptenNode, EmscriptenNodeFs } from './emscripten-file-system';
import type { OpeningJournal } from './opening-journal';

/** Tells `journal` of every change to a file or a name before it is made. */
export function takeDownChanges(fs: EmscriptenNodeFs, journal: OpeningJournal): void {
  const { stream_ops: streams, node_ops: nodes } = fs;
  const plain = { ...streams };
  const plainNodes = { ...nodes };
  const pathOf = (parent: EmscriptenNode, name: string) => join(fs.realPath(parent), name);
  const first = <Args extends unknown[], Result>(
    note: (...args: Args) => void,
    change: (...args: Args) => Result,
  ): ((...args: Args) => Result) => {
    return (...args) => {
      if (journal.isTaking()) note(...args);
      return change(...args);
    };
  };

  streams.write = first(
    ({ node }, _bytes, _offset, length, position) => journal.beforeWrite(fs.realPath(node), position, length),
    plain.write,
  );
  streams.setattr = first(({ node }, { size }) => {
    if (size !== undefined) journal.beforeResize(fs.realPath(node), size);
  }, plain.setattr);
  nodes.setattr = first((node, { size }) => {
    if (size !== undefined) journal.beforeResize(fs.realPath(node), size);
  }, plainNodes.setattr);
  nodes.mknod = first((parent, name) => journal.beforeCreate(pathOf(parent, name)), plainNodes.mknod);
  nodes.symlink = first((parent, name) => journal.beforeCreate(pathOf(parent, name)), plainNodes.symlink);
  nodes.unlink = first((parent, name) => journal.beforeRemove(pathOf(parent, name)), plainNodes.unlink);
  nodes.rmdir = first(
    (parent, name) => journal.beforeRemoveDirectory(pathOf(parent, name)),
    plainNodes.rmdir,
  );
  nodes.rename = first(
    (node, parent, name) => journal.beforeRename(fs.realPath(node), pathOf(parent, name)),
    plainNodes.rename,
  );
}
