import { useMemo, useRef } from 'react';
import type { LogEntry } from '../../../src-shared/logs';
import { useFollow } from '../../bindings/use-follow';
import { useListRows } from '../../bindings/use-list-rows';
import { useRoute, useWindow } from '../../bindings/window-context';
import { DataGrid } from '../../components/data-grid';
import { FollowButton } from '../../components/follow-button';
import type { LogTail } from '../../stores/log-tail';
import { filterEntries, type LogsFilter, toLine } from '../../stores/logs-filter';
import { logsColumns } from './logs-columns';
import classes from './logs-view.module.css';

interface LogsGridProps {
  readonly tail: LogTail;
  readonly filter: LogsFilter;
  readonly focusFilter: () => void;
}

/** Follows the end of the log; scrolling up freezes it. */
export function LogsGrid({ tail, filter, focusFilter }: LogsGridProps) {
  const { address } = useWindow();
  const chosen = useRoute((route) => route.detail);
  const frame = useRef<HTMLDivElement>(null);
  const { held, follow } = useFollow(tail, frame);
  // Older entries still on their way would move a frozen list, so only a following list shows them.
  const { entries } = held ?? tail;
  const shown = useMemo(() => filterEntries(entries, filter), [entries, filter]);
  const missed = held === null ? 0 : (tail.entries.at(-1)?.seq ?? 0) - (held.entries.at(-1)?.seq ?? 0);
  const rows = useListRows(shown);
  const actions = useMemo(
    () => ({
      open: ({ seq }: LogEntry) => address.go({ detail: String(seq) }, 'replace'),
      filter: focusFilter,
    }),
    [address, focusFilter],
  );
  return (
    <div ref={frame} className={classes.log} data-following={held === null}>
      <DataGrid
        label="Log"
        columns={logsColumns}
        rows={rows}
        rowKey={entryKey}
        textOf={toLine}
        selectedKey={chosen}
        actions={actions}
        atEnd={held === null}
      />
      {held !== null && <FollowButton missed={Math.max(0, missed)} onFollow={follow} />}
    </div>
  );
}

const entryKey = ({ seq }: LogEntry) => String(seq);
