import { IconArchive, IconDownload, IconRestore } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { useStore } from 'zustand';
import { countOf } from '../../../src-shared/amounts';
import type { BackupInfo } from '../../../src-shared/views';
import { backUp } from '../../bindings/run-command';
import { useResource } from '../../bindings/use-resource';
import { useBlocked } from '../../bindings/use-run-now';
import { useModel, usePreference, useReadOnly } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { MiddleCut } from '../../components/values';
import { formatBytes } from '../../format/integers';
import { formatSecond } from '../../format/times';
import classes from './database-view.module.css';
import { confirmRestore, RestoreFile } from './restore-file';

export const BACKUP_REASONS: Readonly<Record<BackupInfo['reason'], string>> = {
  asked: 'manual',
  'before reset': 'before reset',
  'before restore': 'before restore',
};

export function Backups() {
  const { client, fail, messages, app } = useModel();
  const zone = usePreference('timeZone');
  const [busy, setBusy] = useState(false);
  const blocked = useBlocked();
  const readOnly = useReadOnly();
  const occupied = busy ? 'A backup or restore is under way' : null;
  const whyNot = occupied ?? blocked;
  const load = useCallback(() => client.call('database.backups', {}), [client]);
  const { value: backups, error, reload } = useResource(load, ['database', 'everything']);
  const downloads = useStore(app, (info) => info?.shell === 'web');

  const whileBusy = async (work: () => Promise<string>) => {
    setBusy(true);
    try {
      messages.emit({ level: 'success', text: await work() });
    } catch (failure) {
      fail(failure);
    } finally {
      setBusy(false);
      reload();
    }
  };
  const restore = (backup: BackupInfo) =>
    confirmRestore(
      backup,
      zone,
      () =>
        void whileBusy(async () => {
          await client.call('database.restore', { backupId: backup.backupId });
          return `Restored ${backup.name}.`;
        }),
    );

  return (
    <section className={classes.section} aria-labelledby="database-backups">
      <div className={classes.sectionHead}>
        <h2 id="database-backups">Backups</h2>
        <div className={classes.sectionActions}>
          <RestoreFile whyNot={whyNot} whileBusy={whileBusy} />
          <ActionButton
            icon={IconArchive}
            // A server provides a snapshot while its holder writes.
            whyNot={readOnly === null ? whyNot : occupied}
            onClick={() => void whileBusy(() => backUp(client))}
          >
            Back up now
          </ActionButton>
        </div>
      </div>
      {blocked !== null && <p className={classes.text}>{blocked}.</p>}
      {error !== null && backups === null && <p className={classes.text}>{error.message}</p>}
      {backups !== null && backups.length === 0 && (
        <p className={classes.text}>None yet. A reset and a restore make one first.</p>
      )}
      {backups !== null && backups.length > 0 && (
        <ul className={classes.backups}>
          {backups.map((backup) => (
            <BackupLine
              key={backup.backupId}
              backup={backup}
              whyNot={whyNot}
              downloads={downloads}
              onRestore={() => restore(backup)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface BackupLineProps {
  readonly backup: BackupInfo;
  readonly whyNot: string | null;
  readonly downloads: boolean;
  readonly onRestore: () => void;
}

function BackupLine({ backup, whyNot, downloads, onRestore }: BackupLineProps) {
  const zone = usePreference('timeZone');
  return (
    <li className={classes.backup}>
      <span className={classes.backupName}>
        {/* The names begin alike. */}
        <MiddleCut text={backup.name} tail={16} of="text" />
      </span>
      <span className={classes.backupWhy}>{BACKUP_REASONS[backup.reason]}</span>
      <time className={classes.backupTime}>{formatSecond(backup.madeAtMs, zone)}</time>
      <span className={classes.backupRows}>{countOf(backup.rows, 'row')}</span>
      <span className={classes.backupSize}>{formatBytes(backup.sizeBytes)}</span>
      <span className={classes.backupActions}>
        {downloads && (
          <a
            className={classes.download}
            href={`/backups/${encodeURIComponent(backup.backupId)}`}
            download
            aria-label={`Download ${backup.name}`}
            data-tip="Download"
          >
            <IconDownload size={15} stroke={1.75} aria-hidden="true" />
          </a>
        )}
        <ActionButton
          icon={IconRestore}
          whyNot={whyNot}
          aria-label={`Restore ${backup.name}`}
          onClick={onRestore}
        >
          Restore
        </ActionButton>
      </span>
    </li>
  );
}
