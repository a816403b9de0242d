import { useEffect, useState } from 'react';
import { countOf } from '../../src-shared/amounts';
import { isActive } from '../../src-shared/run-actions';
import { useModel } from '../bindings/window-context';

import type { LiveState } from '../stores/live';

const QUIET_MS = 15_000;

/** Tells a screen reader about the run: at once when its state changes, otherwise at most four times a minute. */
export function Announcer() {
  const { live, clock } = useModel();
  const [text, setText] = useState('');
  useEffect(() => {
    let said = -Infinity;
    return live.subscribe((state, before) => {
      const { status } = state;
      if (status === null) return;
      const changed = status.state !== before.status?.state || status.runId !== before.status?.runId;
      const nowMs = clock.nowMs();
      if (!changed && (!isActive(status.state) || nowMs - said < QUIET_MS)) return;
      said = nowMs;
      setText(describe(state));
    });
  }, [live, clock]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

function describe({ status, pending }: LiveState): string {
  if (status === null) return '';
  const { counts } = status;
  return `Run ${status.state}: ${countOf(counts.records, 'record')}, ${countOf(counts.rejected, 'rejected', 'rejected')}, ${countOf(pending, 'callback')} pending.`;
}
