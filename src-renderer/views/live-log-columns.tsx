import { toPrintableText } from '../../src-shared/printable';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { MomentPoint } from '../components/moments';
import { WordsAndVersion } from '../components/settled';
import { AccountId, DataText, Digits, PointInTime, Version } from '../components/values';
import type { LogLine } from '../stores/log';
import classes from './live-view.module.css';

const column = gridColumns<LogLine>();

export const logColumns = [
  column.display({
    id: 'time',
    header: 'Time',
    size: 104,
    cell: ({ row: { original: line } }) =>
      line.moment === null ? <PointInTime timeMs={line.timeMs} /> : <MomentPoint moment={line.moment} />,
  }),
  column.display({
    id: 'event',
    header: 'Event',
    size: 92,
    cell: ({ row }) => <MarkBadge mark={row.original.kind} />,
  }),
  column.display({
    id: 'account',
    header: 'Account',
    size: 100,
    cell: ({ row }) =>
      row.original.id === null ? (
        <span className={classes.news} data-spill data-cut="text">
          {toPrintableText(row.original.detail)}
        </span>
      ) : (
        <AccountId id={row.original.id} />
      ),
  }),
  column.display({
    id: 'type',
    header: 'Type',
    size: 72,
    meta: { grow: 0.3 },
    cell: ({ row }) =>
      row.original.accountType === null ? null : <DataText text={row.original.accountType} />,
  }),
  column.display({
    id: 'version',
    header: 'Version',
    size: 60,
    meta: { align: 'end', grow: 0.4 },
    cell: ({ row }) => (row.original.version === null ? null : <Version value={row.original.version} />),
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
    size: 96,
    meta: { grow: 0.8 },
    cell: ({ row }) =>
      row.original.id === null ? null : (
        <WordsAndVersion words={row.original.detail} by={row.original.otherVersion} />
      ),
  }),
];
