import { useMemo } from 'react';
import { groupDigits, wholePercent } from '../../src-shared/amounts';
import { fractionTaken } from '../../src-shared/outside-window';
import { fileName } from '../../src-shared/printable';
import { useResource } from '../bindings/use-resource';
import { useRunReading } from '../bindings/use-run-reading';
import { useInstant, useLive, useModel, useOpening } from '../bindings/window-context';
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
      <SourceName source={source} />
      <Speed />
    </div>
  );
}

function SourceName({ source }: { readonly source: string }) {
  const { client } = useModel();
  const runId = useLive(({ status }) => status?.runId ?? null);
  const fieldMap = useLive(({ status }) => status?.fieldMap ?? null);
  const load = useMemo(
    () => (runId === null ? null : () => client.call('runs.source', { runId })),
    [client, runId],
  );
  const { value } = useResource(load, []);
  const readAs = useRunReading(value?.settings ?? null, fieldMap);
  return (
    <span
      className={classes.sourceName}
      data-tip={readAs === null ? source : `${source}: ${readAs.join('; ')}`}
    >
      {fileName(source)}
    </span>
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
