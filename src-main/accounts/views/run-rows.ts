import type { CoverageRow } from '../../../src-shared/connections';
import { rateOf } from '../../../src-shared/run-clock';
import type { RunState } from '../../../src-shared/update';
import type { RejectRow, RunRow } from '../../../src-shared/views';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import {
  checkpointFrom,
  clockFrom,
  countsFrom,
  identityFrom,
  type RunOnRecord,
  settingsFrom,
} from '../../storage/run-on-record';
import { countOf, indexRows, nullableTextOf, type RawRow, type RowSet, textOf } from './row-set';
import { sql } from './sql-pieces';

export type KeptRun = Omit<RunRow, 'notRepeatable' | 'resumable' | 'notResumable'> &
  Pick<RunOnRecord, 'origin' | 'identity'>;

/** Latest first. */
export function runRows(): RowSet<KeptRun> {
  return {
    ...indexRows('runs', 'r', []),
    name: 'runs_page',
    order: 'runs',
    keys: [{ expression: 'r.id', type: 'int8', direction: 'desc' }],
    columns: `r.id, r.source, r.settings, r.state, r.failure, r.counts, r.clock, r.checkpoint, r.origin, r.source_identity, r.field_map,
      r.delivers_from IS NOT NULL AS delivers,
      ${epochMsOf('r.started_at')} AS started_ms, ${epochMsOf('r.ended_at')} AS ended_ms`,
    toRow: toKeptRun,
  };
}

/** In the order of the source. */
export function rejectRows(runId: string): RowSet<RejectRow> {
  return {
    ...indexRows('rejects', 'j', [sql('j.run_id = ?::int8', runId)]),
    name: 'rejects_page',
    order: 'rejects',
    keys: [{ expression: 'j.record_index', type: 'int8', direction: 'asc' }],
    columns: 'j.record_index, j.field, j.reason, j.excerpt',
    toRow: (raw) => ({
      record: countOf(raw, 'record_index'),
      field: textOf(raw, 'field'),
      reason: textOf(raw, 'reason'),
      excerpt: textOf(raw, 'excerpt'),
    }),
  };
}

/** Of one connection, or of all: the latest first. */
export function coverageRows(runId: string | null): RowSet<CoverageRow> {
  return {
    ...indexRows('slot_coverage', 'c', runId === null ? [] : [sql('c.run_id = ?::int8', runId)]),
    name: 'coverage_page',
    order: 'coverage',
    keys: [
      { expression: 'c.run_id', type: 'int8', direction: 'desc' },
      { expression: 'c.number', type: 'int8', direction: 'desc' },
    ],
    columns: 'c.run_id, c.number, c.kind, c.from_slot, c.to_slot, c.reason, c.from_ms, c.to_ms',
    select: `r.checkpoint #>> '{live,confirmedSlot}' AS confirmed_slot, r.checkpoint #>> '{live,finalizedSlot}' AS finalized_slot`,
    joins: 'LEFT JOIN runs AS r ON r.id = win.run_id',
    toRow: (raw, moment) => ({
      runId: textOf(raw, 'run_id'),
      number: countOf(raw, 'number'),
      kind: textOf(raw, 'kind') as CoverageRow['kind'],
      fromSlot: nullableTextOf(raw, 'from_slot'),
      toSlot: nullableTextOf(raw, 'to_slot'),
      reason: nullableTextOf(raw, 'reason'),
      since: moment(raw, 'run_id', 'from_ms'),
      until: moment(raw, 'run_id', 'to_ms'),
      confirmedSlot: nullableTextOf(raw, 'confirmed_slot'),
      finalizedSlot: nullableTextOf(raw, 'finalized_slot'),
    }),
  };
}

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
    awayMs: checkpointFrom(textOf(raw, 'checkpoint')).awayMs,
    rate: rateOf(clockFrom(textOf(raw, 'clock'))),
    fieldMap: nullableTextOf(raw, 'field_map'),
    delivers: raw.delivers === true,
    origin: nullableTextOf(raw, 'origin'),
    identity: identityFrom(nullableTextOf(raw, 'source_identity')),
  };
}
