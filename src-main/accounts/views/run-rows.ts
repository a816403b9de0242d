import { rateOf } from '../../../src-shared/run-clock';
import type { RunState } from '../../../src-shared/update';
import type { RejectRow, RunRow } from '../../../src-shared/views';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import {
  clockFrom,
  countsFrom,
  identityFrom,
  type RunOnRecord,
  settingsFrom,
} from '../../engine/run-on-record';
import {
  type Binder,
  type Conditions,
  countOf,
  nullableTextOf,
  type RawRow,
  type RowSet,
  textOf,
} from './row-set';

/** A run as it is kept. */
export type KeptRun = Omit<RunRow, 'notRepeatable' | 'resumable' | 'notResumable'> &
  Pick<RunOnRecord, 'origin' | 'identity'>;

const COLUMNS =
  'r.id, r.source, r.settings, r.state, r.failure, r.counts, r.clock, r.started_at, r.ended_at, r.origin, r.source_identity, r.field_map';
const SELECT = `win.id, win.source, win.settings, win.state, win.failure, win.counts, win.clock, win.origin,
  win.source_identity, win.field_map, ${epochMsOf('win.started_at')} AS started_ms, ${epochMsOf('win.ended_at')} AS ended_ms`;

/** Runs, the latest first. */
export function runRows(): RowSet<KeptRun> {
  return {
    ...walked('runs', 'r', () => []),
    name: 'runs_page',
    order: 'runs',
    keys: [{ expression: 'r.id', type: 'int8', direction: 'desc' }],
    columns: COLUMNS,
    select: SELECT,
    toRow: toKeptRun,
  };
}

/** What a run rejected, in the order of its source. */
export function rejectRows(runId: string): RowSet<RejectRow> {
  return {
    ...walked('rejects', 'j', (bind) => [`j.run_id = ${bind(runId)}::int8`]),
    name: 'rejects_page',
    order: 'rejects',
    keys: [{ expression: 'j.record_index', type: 'int8', direction: 'asc' }],
    columns: 'j.record_index, j.field, j.reason, j.excerpt',
    select: 'win.record_index, win.field, win.reason, win.excerpt',
    toRow: (raw) => ({
      record: countOf(raw, 'record_index'),
      field: textOf(raw, 'field'),
      reason: textOf(raw, 'reason'),
      excerpt: textOf(raw, 'excerpt'),
    }),
  };
}

/** All that an index gives, without a filter. */
const walked = (relation: 'runs' | 'rejects', alias: 'r' | 'j', range: Conditions) => ({
  parts: [{ number: 0, alias, from: () => `${relation} AS ${alias}`, range, filter: () => [] }],
  all: {
    relation,
    from: (_: Binder['bind'], sample: string) => `${relation} AS ${alias}${sample}`,
    where: range,
  },
});

function toKeptRun(raw: RawRow): KeptRun {
  const ended = nullableTextOf(raw, 'ended_ms');
  return {
    runId: textOf(raw, 'id'),
    source: textOf(raw, 'source'),
    settings: settingsFrom(textOf(raw, 'settings')),
    state: textOf(raw, 'state') as RunState,
    failure: nullableTextOf(raw, 'failure'),
    counts: countsFrom(textOf(raw, 'counts')),
    startedAtMs: epochMsFromText(textOf(raw, 'started_ms')),
    endedAtMs: ended === null ? null : epochMsFromText(ended),
    rate: rateOf(clockFrom(textOf(raw, 'clock'))),
    fieldMap: nullableTextOf(raw, 'field_map'),
    origin: nullableTextOf(raw, 'origin'),
    identity: identityFrom(nullableTextOf(raw, 'source_identity')),
  };
}
