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
  column('time', 'Time', 104, (line) =>
    line.moment === null ? <PointInTime timeMs={line.timeMs} /> : <MomentPoint moment={line.moment} />,
  ),
  column('event', 'Event', 92, (row) => <MarkBadge mark={row.kind} />),
  column('account', 'Account', 100, (row) =>
    row.id === null ? (
      <span className={classes.news} data-spill data-cut="text">
        {toPrintableText(row.detail)}
        {row.kind === 'end' && (
          <>
            {' · '}
            <a href="#/report">Report</a>
          </>
        )}
      </span>
    ) : (
      <AccountId id={row.id} />
    ),
  ),
  column(
    'type',
    'Type',
    72,
    (row) => (row.accountType === null ? null : <DataText text={row.accountType} />),
    { grow: 0.3 },
  ),
  column('version', 'Version', 60, (row) => (row.version === null ? null : <Version value={row.version} />), {
    align: 'end',
    grow: 0.4,
  }),
  column('tokens', 'Tokens', 60, (row) => (row.tokens === null ? null : <Digits value={row.tokens} />), {
    align: 'end',
    grow: 1.2,
  }),
  column(
    'detail',
    'Detail',
    96,
    (row) => (row.id === null ? null : <WordsAndVersion words={row.detail} by={row.otherVersion} />),
    { grow: 0.8 },
  ),
];
