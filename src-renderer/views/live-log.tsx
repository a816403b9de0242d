import { memo, useCallback, useDeferredValue, useMemo, useRef } from 'react';
import { NOW_SEQ, type ResolvedInstant } from '../../src-shared/instant';
import { useFollow } from '../bindings/use-follow';
import { useInspect } from '../bindings/use-inspect';
import { useListRows } from '../bindings/use-list-rows';
import { useResource } from '../bindings/use-resource';
import { useInstant, useLive, useModel, useRoute } from '../bindings/window-context';
import { DataGrid } from '../components/data-grid';
import { FollowButton } from '../components/follow-button';
import { EMPTY_LOG, type Log, type LogLine, linesOfPast } from '../stores/log';
import { filterLog, holdsRun, type LogFilter, linesUntil } from '../stores/log-filter';
import { logColumns } from './live-log-columns';
import classes from './live-view.module.css';

interface LiveLogProps {
  readonly filter: LogFilter;
  readonly focusFilter: () => void;
}

/** Deferred, so that React yields to a key press or the wheel. */
export function LiveLog(props: LiveLogProps) {
  const log = useDeferredValue(useLive((state) => state.log));
  return <FollowedLog log={log} {...props} />;
}

/** Follows the end of the log. Scrolling up freezes it; scrolling to its end, or End, resumes. */
const FollowedLog = memo(function FollowedLog({
  log,
  filter,
  focusFilter,
}: LiveLogProps & { readonly log: Log }) {
  const inspect = useRoute((route) => route.inspect);
  const frame = useRef<HTMLDivElement>(null);
  const { held, follow } = useFollow<Log>(log, frame);
  // After a reset of the log (another database) nothing stays frozen.
  const shown = held !== null && held.dropped <= log.dropped && log !== EMPTY_LOG ? held : log;
  const then = useInstant(({ found }) => found);
  const past = usePastLines(shown, then);
  const lines = useMemo(
    () => filterLog(linesUntil(past ?? shown.lines, then), filter),
    [past, shown, filter, then],
  );
  const missed = held === null ? 0 : newLines(held, log);
  const rows = useListRows(lines);

  const open = useInspect();
  const actions = useMemo(
    () => ({
      open: (line: LogLine) => {
        if (line.id !== null) open({ id: line.id });
      },
      filter: focusFilter,
    }),
    [open, focusFilter],
  );
  return (
    <div ref={frame} className={classes.log} data-following={held === null}>
      <DataGrid
        label="Live log"
        columns={logColumns}
        rows={rows}
        rowKey={lineKey}
        idOf={lineId}
        selectedKey={inspect}
        actions={actions}
        atEnd={held === null}
        recycled
      />
      {held !== null && <FollowButton missed={missed} onFollow={follow} />}
    </div>
  );
});

const NO_LINES: readonly LogLine[] = [];

/** The lines before an instant of a run that the window has not heard whole, from the history; null: its own lines tell it. */
function usePastLines(log: Log, then: ResolvedInstant | null): readonly LogLine[] | null {
  const { client } = useModel();
  const moving = useInstant((state) => state.moving);
  const runId = then?.runId ?? null;
  const isOwn = useMemo(() => runId === null || holdsRun(log.lines, runId), [log, runId]);
  const load = useCallback(
    () => client.call('timeline.events', { asOf: then?.seq ?? NOW_SEQ, runId, at: then?.at ?? null }),
    [client, then, runId],
  );
  const { value } = useResource(isOwn || moving ? null : load, ['everything'], 'keep');
  const lines = useMemo(() => value && linesOfPast(value), [value]);
  return isOwn ? null : (lines ?? NO_LINES);
}

const lineKey = (line: LogLine) => `${line.seq}${line.kind === 'gap' ? 'g' : ''}`;
const lineId = (line: LogLine) => line.id;

/** Lines since the log was frozen, including those already dropped. */
function newLines(held: Log, now: Log): number {
  return now.dropped + now.lines.length - held.dropped - held.lines.length;
}
