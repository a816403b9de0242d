import { usePreference } from '../bindings/session-context';
import { gridColumns } from '../components/data-grid';
import { MarkBadge } from '../components/mark-badge';
import { AccountId, Digits } from '../components/values';
import { formatExact, formatTimeOfDay } from '../format/times';
import { wholeOnHover } from '../format/whole-on-hover';
import type { LogLine } from '../stores/log';
import classes from './live-view.module.css';

const column = gridColumns<LogLine>();

export const logColumns = [
  column.display({
    id: 'time',
    header: 'Time',
    size: 110,
    cell: ({ row }) => <LogTime timeMs={row.original.timeMs} />,
  }),
  column.display({
    id: 'event',
    header: 'Event',
    size: 96,
    cell: ({ row }) => <MarkBadge mark={row.original.kind} />,
  }),
  column.display({
    id: 'account',
    header: 'Account',
    size: 130,
    cell: ({ row }) =>
      row.original.id === null ? (
        <span
          className={classes.news}
          data-spill
          data-tip={wholeOnHover(row.original.detail, MAY_BE_CUT_LENGTH)}
        >
          {row.original.detail}
        </span>
      ) : (
        <AccountId id={row.original.id} />
      ),
  }),
  column.display({
    id: 'type',
    header: 'Type',
    size: 96,
    meta: { grow: 0.3 },
    cell: ({ row }) => row.original.accountType,
  }),
  column.display({
    id: 'version',
    header: 'Version',
    size: 60,
    meta: { align: 'end', grow: 0.4 },
    cell: ({ row }) => (row.original.version === null ? null : <Digits value={row.original.version} />),
  }),
  column.display({
    id: 'tokens',
    header: 'Tokens',
    size: 60,
    meta: { align: 'end', grow: 1.2 },
    cell: ({ row }) => (row.original.tokens === null ? null : <Digits value={row.original.tokens} />),
  }),
  column.display({
    id: 'detail',
    header: 'Detail',
    size: 144,
    meta: { grow: 0.8 },
    cell: ({ row }) => (row.original.id === null ? null : <Detail line={row.original} />),
  }),
];

/** Longer than this a line may not fit its row. */
const MAY_BE_CUT_LENGTH = 60;

function LogTime({ timeMs }: { readonly timeMs: number }) {
  const zone = usePreference('timeZone');
  return (
    <span className={classes.time} data-tip={formatExact(timeMs, zone)}>
      {formatTimeOfDay(timeMs, zone)}
    </span>
  );
}

function Detail({ line }: { readonly line: LogLine }) {
  return (
    <span className={classes.detail}>
      {line.detail}
      {line.otherVersion !== null && (
        <>
          {' '}
          <Digits value={line.otherVersion} />
        </>
      )}
    </span>
  );
}
