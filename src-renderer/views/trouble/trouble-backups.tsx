import { useCallback } from 'react';
import { countOf } from '../../../src-shared/amounts';
import type { BackupInfo } from '../../../src-shared/views';
import { useResource } from '../../bindings/use-resource';
import { useModel, usePreference } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';
import { formatBytes } from '../../format/integers';
import { formatSecond } from '../../format/times';
import { BACKUP_REASONS } from '../database/backups';
import classes from './trouble-view.module.css';

interface TroubleBackupsProps {
  /** Why it is disabled; null if enabled. */
  readonly whyNot: string | null;
  readonly onRestore: (backupId: string) => void;
}

export function TroubleBackups({ whyNot, onRestore }: TroubleBackupsProps) {
  const { client } = useModel();
  const zone = usePreference('timeZone');
  const load = useCallback(() => client.call('database.backups', {}), [client]);
  const { value: backups } = useResource(load, ['everything']);
  if (backups === null) return null;
  if (backups.length === 0) return <p className={classes.none}>There is no backup yet.</p>;
  const ask = (backup: BackupInfo) =>
    confirmAction({
      title: 'Restore this backup?',
      text: `${backup.name}: the present database is moved aside; nothing is deleted. Then ${countOf(backup.rows, 'row')} of the backup are restored. What came after the backup is only in the database that was moved aside.`,
      confirm: 'Set aside and restore',
      onConfirm: () => onRestore(backup.backupId),
    });
  return (
    <ul className={classes.backups} aria-label="Backups">
      {backups.map((backup) => (
        <li key={backup.backupId} className={classes.backup}>
          <time>{formatSecond(backup.madeAtMs, zone)}</time>
          <span className={classes.why}>{BACKUP_REASONS[backup.reason]}</span>
          <span className={classes.number}>{countOf(backup.rows, 'row')}</span>
          <span className={classes.number}>{formatBytes(backup.sizeBytes)}</span>
          <ActionButton whyNot={whyNot} aria-label={`Restore ${backup.name}`} onClick={() => ask(backup)}>
            Restore…
          </ActionButton>
        </li>
      ))}
    </ul>
  );
}
