import { Dropzone } from '@mantine/dropzone';
import { IconFileDownload } from '@tabler/icons-react';
import { useSession, useWindow } from '../bindings/session-context';
import classes from './drop-layer.module.css';

/** The whole window takes a dropped file. Any file: what is in it tells its format, not its name. */
export function DropLayer() {
  const { staging, messages } = useSession();
  const { address } = useWindow();
  return (
    <Dropzone.FullScreen
      classNames={{ fullScreen: classes.layer, root: classes.zone }}
      onDrop={([file, ...more]) => {
        if (!file) return;
        if (more.length > 0) {
          messages.emit({
            level: 'warning',
            text: `One file at a time: ${file.name} was taken, the others were not.`,
          });
        }
        address.go({ view: 'live', detail: null });
        void staging.openFile(file);
      }}
    >
      <div className={classes.inner}>
        <IconFileDownload size={36} stroke={1.25} aria-hidden="true" />
        <p className={classes.title}>Drop it to look inside</p>
      </div>
    </Dropzone.FullScreen>
  );
}
