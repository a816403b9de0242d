import { formatRunTime, type Moment } from '../../src-shared/run-clock';
import { formatDuring } from '../../src-shared/table-filters';
import type { QueryOf } from '../../src-shared/tables';
import { CALLBACK_STATES } from '../../src-shared/update';
import type { AccountRow, HistoryRow } from '../../src-shared/views';
import { formatIso } from './times';

export type CellRow = AccountRow | HistoryRow;
type Filter = QueryOf<'updates'>['filter'];

const isUpdate = (row: CellRow): row is HistoryRow => 'seq' in row;

/** On the wall clock if it has one, otherwise on the run's. */
const momentText = (moment: Moment | null): string => {
  if (moment === null) return '';
  return moment.wallMs === null ? formatRunTime(moment.at) : formatIso(moment.wallMs);
};

function momentOf(row: CellRow, column: string): Moment | null {
  if (column === 'due' || column === 'dueIn') return row.callbackDue;
  if (column === 'settled') return row.callbackSettled;
  if (column === 'time' && isUpdate(row)) return row.arrived;
  return column === 'updatedAt' && !isUpdate(row) ? row.updated : null;
}

/** What is behind a cell, whole and exact; empty if there is nothing. */
export function cellText(row: CellRow, column: string): string {
  const moment = momentOf(row, column);
  if (moment !== null) return momentText(moment);
  if (column === 'callback') return row.callbackState ?? '';
  if (column === 'id' || column === 'accountType' || column === 'version' || column === 'tokens')
    return row[column];
  if (!isUpdate(row)) return '';
  const own: Readonly<Record<string, string | number | null>> = {
    seq: row.seq,
    run: row.runId,
    outcome: row.outcome,
    change: row.tokensChange,
    delay: row.callbackTimeMs,
    how: row.settledHow,
  };
  return String(own[column] ?? '');
}

export interface CellFilters {
  readonly only?: Partial<Filter>;
  readonly not?: Partial<Filter>;
}

/** The filters that a cell stands for, as far as there are such. */
export function cellFilters(row: CellRow, column: string, filter: Filter): CellFilters {
  const moment = momentOf(row, column);
  // Of an account, only the arrival of its latest update can be filtered by; of an update, its own.
  if (moment !== null && (column === 'time' || column === 'updatedAt' || column === 'settled')) {
    const fromMs = Math.floor(moment.at / 1_000) * 1_000;
    return { only: { during: formatDuring({ runId: moment.runId, fromMs, toMs: fromMs + 999 }) } };
  }
  const text = cellText(row, column);
  if (text === '') return {};
  switch (column) {
    case 'id':
      return { only: { idPrefix: text }, not: { exceptIds: [...(filter.exceptIds ?? []), text] } };
    case 'accountType':
      return { only: { accountTypes: [text] }, not: { exceptTypes: [...(filter.exceptTypes ?? []), text] } };
    case 'run':
      return { only: { runId: text } };
    case 'outcome':
      return {
        only: { outcomes: [text === 'stale' ? 'stale' : 'indexed'] },
        not: { outcomes: [text === 'stale' ? 'indexed' : 'stale'] },
      };
    case 'callback': {
      const others = CALLBACK_STATES.filter((state) => state !== row.callbackState);
      return {
        only: { callbackStates: CALLBACK_STATES.filter((state) => state === row.callbackState) },
        // An update that has no callback would be left out too.
        ...(!isUpdate(row) && { not: { callbackStates: others } }),
      };
    }
    case 'version':
      return { only: { versionFrom: text, versionTo: text } };
    case 'tokens':
      return { only: { tokensFrom: text, tokensTo: text } };
    case 'change':
      return { only: { changeFrom: text, changeTo: text } };
    default:
      return {};
  }
}

export type CopiedAs = 'csv' | 'json' | 'sql';

/** Rows as text. SQL is a statement that finds them, as they are kept. */
export function rowsText(rows: readonly CellRow[], as: CopiedAs): string {
  const [first] = rows;
  if (first === undefined) return '';
  if (as === 'sql') {
    return isUpdate(first)
      ? `SELECT * FROM account_updates WHERE seq IN (${rows.map((row) => cellText(row, 'seq')).join(', ')}) ORDER BY seq;`
      : `SELECT * FROM accounts WHERE id IN (${rows.map(({ id }) => quoteSql(id)).join(', ')}) ORDER BY id;`;
  }
  const columns: Readonly<Record<string, string>> = isUpdate(first) ? UPDATE_COLUMNS : ACCOUNT_COLUMNS;
  const names = Object.keys(columns);
  const valuesOf = (row: CellRow) => Object.values(columns).map((column) => cellText(row, column));
  if (as === 'json') {
    const objects = rows.map((row) => {
      const values = valuesOf(row);
      return Object.fromEntries(names.map((name, at) => [name, values[at] === '' ? null : values[at]]));
    });
    return JSON.stringify(objects, null, 2);
  }
  return `${[names, ...rows.map(valuesOf)].map((line) => line.map(quoteCsv).join(',')).join('\n')}\n`;
}

const ACCOUNT_COLUMNS = {
  id: 'id',
  account_type: 'accountType',
  version: 'version',
  tokens: 'tokens',
  callback_state: 'callback',
  callback_due: 'due',
  callback_settled: 'settled',
  updated: 'updatedAt',
};
const UPDATE_COLUMNS = {
  seq: 'seq',
  run: 'run',
  arrived: 'time',
  id: 'id',
  account_type: 'accountType',
  version: 'version',
  tokens: 'tokens',
  tokens_change: 'change',
  outcome: 'outcome',
  callback_delay_ms: 'delay',
  callback_state: 'callback',
  callback_due: 'due',
  callback_settled: 'settled',
  callback_how: 'how',
};

const quoteSql = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A cell that a spreadsheet would take for a formula begins with a quote, as in an export. */
function quoteCsv(text: string): string {
  const harmless = /^[=+@\t\r]|^-(?!\d+$)/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
