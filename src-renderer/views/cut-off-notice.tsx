import { IconClockPause, IconPlayerPlay } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { countOf, groupDigits } from '../../src-shared/amounts';
import { fileName } from '../../src-shared/printable';
import { useOfferedRun } from '../bindings/use-offered-run';
import { useLive, useModel, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';

/**
 * Offers to resume the latest run that its process left behind. Shown while the latest run of all is one of them and gives no
 * reason itself.
 */
export function CutOffNotice({ className }: { readonly className: string | undefined }) {
  const { cutOff } = useModel();
  const { run, address } = useWindow();
  const interrupted = useStore(cutOff.store, (state) => state.interrupted);
  const [latest] = interrupted;
  const offered = useOfferedRun();
  const isCutOff = useLive(
    ({ status }) => status !== null && status.state === 'interrupted' && status.failure === null,
  );
  if (latest === undefined || !isCutOff) return null;
  const { source, counts } = latest;
  return (
    <section className={className} aria-label="Interrupted runs">
      <IconClockPause size={18} stroke={1.5} aria-hidden="true" />
      <p>
        <strong>
          {countOf(interrupted.length, 'run')} {interrupted.length === 1 ? 'was' : 'were'} interrupted.
        </strong>{' '}
        {fileName(source)} can be resumed after record {groupDigits(counts.records)}.
      </p>
      <ActionButton onClick={() => address.go({ view: 'runs', detail: latest.runId })}>
        {interrupted.length === 1 ? 'Show the run' : 'Show the runs'}
      </ActionButton>
      {offered?.runId === latest.runId && (
        <ActionButton tone="main" icon={IconPlayerPlay} onClick={() => run('run.takeUp')}>
          Resume
        </ActionButton>
      )}
    </section>
  );
}
