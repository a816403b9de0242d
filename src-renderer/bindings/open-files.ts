import { folderOf, joinFolder } from '../transport/folder';
import type { WindowModel } from '../window-model';

/** Opens the first file, or all files of its folder as one source, and tells the person what is left out. */
export async function openFiles(
  { app, staging, messages }: Pick<WindowModel, 'app' | 'staging' | 'messages'>,
  files: readonly File[],
): Promise<void> {
  const [first] = files;
  if (!first) return;
  // Where the host reads by path, a folder is one file. Older Electrons give files a path of their own, from the root.
  const folder = app.getState()?.capabilities.uploads === false ? null : folderOf(first);
  const taken = folder === null ? [first] : files.filter((one) => folderOf(one) === folder);
  if (taken.length < files.length) {
    messages.emit({
      level: 'warning',
      text: `One file or folder at a time: ${folder ?? first.name} was taken, the others were not.`,
    });
  }
  if (folder === null) return staging.openFile(first);
  const { file, leftOut } = await joinFolder(folder, taken);
  if (leftOut > 0) {
    const are = leftOut === 1 ? '1 file is' : `${leftOut} files are`;
    messages.emit({
      level: 'info',
      text: `${are} left out of ${folder}: no JSON objects, as key pairs are not.`,
    });
  }
  if (file.size > 0) await staging.openFile(file);
}
