import { IconFileDownload } from '@tabler/icons-react';
import { useDropzone } from 'react-dropzone';
import { useStore } from 'zustand';
import { useModel, useReadOnly, useWindow } from '../bindings/window-context';
import classes from './drop-layer.module.css';

/** The whole window accepts a dropped file or folder, whatever its name: the content tells the format. */
export function DropLayer() {
  const model = useModel();
  const { refusesChanges, fail } = model;
  const isUploaded = useStore(model.app, (app) => app?.capabilities.uploads ?? true);
  const readOnly = useReadOnly();
  const { address } = useWindow();
  const { getRootProps, isDragGlobal } = useDropzone({
    noClick: true,
    noKeyboard: true,
    // Where the host reads by path, a folder stays what it is.
    ...(isUploaded ? {} : { getFilesFromEvent: async (event) => filesOf(event) }),
    onDrop(files) {
      if (files.length === 0 || refusesChanges()) return;
      address.go({ view: 'live', detail: null });
      import('../bindings/open-files').then(({ openFiles }) => openFiles(model, files)).catch(fail);
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
