import { IconFileDownload } from '@tabler/icons-react';
import { useDropzone } from 'react-dropzone';
import { useModel, useReadOnly, useWindow } from '../bindings/window-context';
import { folderOf, joinFolder } from '../transport/folder';
import classes from './drop-layer.module.css';

/** The whole window accepts a dropped file or folder, whatever its name: the content tells the format. */
export function DropLayer() {
  const { staging, messages, refusesChanges } = useModel();
  const readOnly = useReadOnly();
  const { address } = useWindow();
  const openFolder = async (folder: string, files: readonly File[]) => {
    const { file, leftOut } = await joinFolder(folder, files);
    if (leftOut > 0) {
      const are = leftOut === 1 ? '1 file is' : `${leftOut} files are`;
      messages.emit({
        level: 'info',
        text: `${are} left out of ${folder}: no JSON objects, as key pairs are not.`,
      });
    }
    if (file.size > 0) await staging.openFile(file);
  };
  const { getRootProps, isDragGlobal } = useDropzone({
    noClick: true,
    noKeyboard: true,
    onDrop(files) {
      const [file] = files;
      if (!file || refusesChanges()) return;
      const folder = folderOf(file);
      const taken = folder === null ? [file] : files.filter((one) => folderOf(one) === folder);
      if (taken.length < files.length) {
        messages.emit({
          level: 'warning',
          text: `One file or folder at a time: ${folder ?? file.name} was taken, the others were not.`,
        });
      }
      address.go({ view: 'live', detail: null });
      void (folder === null ? staging.openFile(file) : openFolder(folder, taken));
    },
  });
  return (
    <div {...getRootProps({ className: classes.layer, hidden: !isDragGlobal })}>
      <div className={classes.zone}>
        {readOnly === null && <IconFileDownload size={36} stroke={1.25} aria-hidden="true" />}
        <p className={classes.title}>{readOnly ?? 'Drop it to look inside'}</p>
      </div>
    </div>
  );
}
