import { IconFileUpload } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { countOf } from '../../../src-shared/amounts';
import type { Preferences, SourceChoice } from '../../../src-shared/contract';
import { toPrintable } from '../../../src-shared/printable';
import type { BackupFile } from '../../../src-shared/views';
import { useModel, usePreference } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';

import { formatSecond } from '../../format/times';

type BackupSource = Exclude<SourceChoice['source'], { kind: 'sample' }>;

interface RestoreFileProps {
  /** Why nothing can be restored; null if it can. */
  readonly whyNot: string | null;
  readonly whileBusy: (work: () => Promise<string>) => Promise<void>;
}

export function confirmRestore(
  backup: BackupFile,
  zone: Preferences['timeZone'],
  onConfirm: () => void,
): void {
  confirmAction({
    title: 'Restore this backup?',
    text: `${toPrintable(backup.name)} was made at ${formatSecond(backup.madeAtMs, zone)} and holds ${countOf(backup.rows, 'row')}. The present data is backed up first, then replaced.`,
    confirm: 'Restore backup',
    onConfirm,
  });
}

/** Uses the system's dialog if there is one, otherwise an upload. */
export function RestoreFile({ whyNot, whileBusy }: RestoreFileProps) {
  const { client, app, fail, offeredBackup, sendFile } = useModel();
  const offered = useStore(offeredBackup);
  const zone = usePreference('timeZone');
  const dialogs = useStore(app, (info) => info?.capabilities.nativeDialogs === true);
  const picker = useRef<HTMLInputElement>(null);
  const [sending, setSending] = useState(false);

  const offer = async ({ source }: SourceChoice) => {
    if (source.kind === 'sample') return;
    const backup = await client.call('database.readBackup', { source });
    confirmRestore(backup, zone, () => void whileBusy(() => restore(source, backup.name)));
  };
  const restore = async (source: BackupSource, name: string) => {
    await client.call('database.restoreFile', { source });
    return `Restored ${name}.`;
  };
  const take = async (choose: () => Promise<SourceChoice | null>) => {
    setSending(true);
    try {
      const choice = await choose();
      if (choice !== null) await offer(choice);
    } catch (error) {
      fail(error);
    } finally {
      setSending(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each offer, when it can be restored.
  useEffect(() => {
    if (offered === null || whyNot !== null) return;
    offeredBackup.setState(null, true);
    void take(async () => offered);
  }, [offered, whyNot]);
  return (
    <>
      <ActionButton
        icon={IconFileUpload}
        whyNot={sending ? 'A file is being read' : whyNot}
        onClick={() =>
          dialogs ? void take(() => client.call('database.chooseBackup', {})) : picker.current?.click()
        }
      >
        {sending ? 'Reading the file…' : 'Open a backup…'}
      </ActionButton>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".gz"
        aria-label="File of a backup"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (file) void take(() => sendFile(file, () => {}));
        }}
      />
    </>
  );
}
