import { IconFileDownload } from '@tabler/icons-react';
import { useDropzone } from 'react-dropzone';
import { useModel, useReadOnly, useWindow } from '../bindings/window-context';
import classes from './drop-layer.module.css';

/** The whole window accepts a dropped file, whatever its name: the content tells the format. */
export function DropLayer() {
  const { staging, messages, refusesChanges } = useModel();
  const readOnly = useReadOnly();
  const { address } = useWindow();
  const { getRootProps, isDragGlobal } = useDropzone({
    noClick: true,
    noKeyboard: true,
    onDrop([file, ...more]) {
      if (!file || refusesChanges()) return;
      if (more.length > 0) {
        messages.emit({
          level: 'warning',
          text: `One file at a time: ${file.name} was taken, the others were not.`,
        });
      }
      address.go({ view: 'live', detail: null });
      void staging.openFile(file);
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
