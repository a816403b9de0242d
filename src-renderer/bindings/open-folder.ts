import { joinFolder } from '../transport/folder';
import type { WindowModel } from '../window-model';

/** Opens the files of a folder as one source, and tells the person what is left out of it. */
export async function openFolder(
  { staging, messages }: Pick<WindowModel, 'staging' | 'messages'>,
  folder: string,
  files: readonly File[],
): Promise<void> {
  const { file, leftOut } = await joinFolder(folder, files);
  if (leftOut > 0) {
    const are = leftOut === 1 ? '1 file is' : `${leftOut} files are`;
    messages.emit({
      level: 'info',
      text: `${are} left out of ${folder}: no JSON objects, as key pairs are not.`,
    });
  }
  if (file.size > 0) await staging.openFile(file);
}
