import { useEffect } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import { useLive } from '../bindings/window-context';
import { fileName } from '../format/ids';
import { compactCount, wholePercent } from '../format/integers';
import { fractionTaken, recordsInAll } from '../stores/progress';
import classes from './deck.module.css';
import { Speed } from './deck-speed';
import { STATE_WORDS } from './deck-state';

export function SourceLabel() {
  const source = useLive((state) => state.status?.source ?? null);
  if (source === null) {
    return (
      <div className={classes.source}>
        <span className={classes.noSource}>No run yet</span>
      </div>
    );
  }
  return (
    <div className={classes.source}>
      <span className={classes.sourceName} data-tip={source}>
        {fileName(source)}
      </span>
      <Speed />
    </div>
  );
}

/** Also in the title of the browser tab. */
export function Progress() {
  const percent = useLive(({ status }) => {
    const fraction = status === null ? null : fractionTaken(status);
    return fraction === null ? null : `${wholePercent(fraction, 1)} %`;
  });
  const taken = useLive(({ status }) => status?.counts.records ?? null);
  const inAll = useLive(({ status }) => (status === null ? null : recordsInAll(status)));
  const title = useLive(({ status }) => (status === null ? null : titleOf(status)));
  useEffect(() => {
    document.title = title === null ? 'Ingot' : `${title} · Ingot`;
  }, [title]);
  if (taken === null) return <div className={classes.progress} />;
  const records = (write: (count: number) => string) =>
    `${inAll === null ? '' : `${write(taken)} of `}${write(inAll ?? taken)} ${(inAll ?? taken) === 1 ? 'record' : 'records'}`;
  return (
    <div className={classes.progress} data-tip={`${records(groupDigits)} taken in`}>
      {percent !== null && <span className={classes.percent}>{percent}</span>}
      <span className={classes.records}>{records(compactCount)}</span>
    </div>
  );
}

function titleOf(status: RunStatus): string {
  const fraction = isActive(status.state) && status.state !== 'draining' ? fractionTaken(status) : null;
  const how = fraction === null ? STATE_WORDS[status.state] : `${wholePercent(fraction, 1)} %`;
  return `${how} · ${fileName(status.source)}`;
}
