import { IconFileDownload } from '@tabler/icons-react';
import { useDropzone } from 'react-dropzone';
import { useStore } from 'zustand';
import { openFolder } from '../bindings/open-folder';
import { useModel, useReadOnly, useWindow } from '../bindings/window-context';
import { folderOf } from '../transport/folder';
import classes from './drop-layer.module.css';

/** The whole window accepts a dropped file or folder, whatever its name: the content tells the format. */
export function DropLayer() {
  const model = useModel();
  const { staging, messages, refusesChanges } = model;
  const isUploaded = useStore(model.app, (app) => app?.capabilities.uploads ?? true);
  const readOnly = useReadOnly();
  const { address } = useWindow();
  const { getRootProps, isDragGlobal } = useDropzone({
    noClick: true,
    noKeyboard: true,
    // Where the host reads by path, a folder stays what it is.
    ...(isUploaded ? {} : { getFilesFromEvent: async (event) => filesOf(event) }),
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
      void (folder === null ? staging.openFile(file) : openFolder(model, folder, taken));
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

/** The dropped files, with a folder as one of them. */
function filesOf(event: { readonly dataTransfer?: DataTransfer | null } | object): File[] {
  const dropped = 'dataTransfer' in event ? event.dataTransfer : null;
  return dropped ? [...dropped.files] : [];
}
