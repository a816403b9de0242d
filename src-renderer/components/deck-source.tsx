import { groupDigits, wholePercent } from '../../src-shared/amounts';
import { fractionTaken } from '../../src-shared/outside-window';
import { fileName } from '../../src-shared/printable';
import { useInstant, useLive, useOpening } from '../bindings/window-context';
import { compactCount } from '../format/integers';
import { recordsInAll } from '../stores/progress';
import classes from './deck.module.css';
import { Speed } from './deck-speed';
import { OUTCOME_MARKS } from './marks';

export function SourceLabel() {
  const source = useLive((state) => state.status?.source ?? null);
  const opening = useOpening();
  const past = useInstant(({ timeline }) => timeline);
  if (past !== null) {
    return (
      <div className={classes.source}>
        <span className={classes.sourceName} data-tip={past.source}>
          {fileName(past.source)}
        </span>
        <span className={classes.records}>run {past.runId}</span>
      </div>
    );
  }
  if (source === null) {
    return (
      <div className={classes.source}>{!opening && <span className={classes.noSource}>No run yet</span>}</div>
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

export function Progress() {
  const past = useInstant(({ timeline }) => timeline);
  const percent = useLive(({ status }) => {
    const fraction = status === null ? null : fractionTaken(status);
    return fraction === null ? null : `${wholePercent(fraction, 1)} %`;
  });
  const taken = useLive(({ status }) => status?.counts.records ?? null);
  const inAll = useLive(({ status }) => (status === null ? null : recordsInAll(status)));
  if (past !== null) {
    const records = OUTCOME_MARKS.reduce((sum, kind) => sum + past.counted[kind], 0);
    return (
      <div className={classes.progress} data-tip={`${groupDigits(records)} taken in by run ${past.runId}`}>
        <span className={classes.records}>
          {compactCount(records)} {records === 1 ? 'record' : 'records'}
        </span>
      </div>
    );
  }
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
