import type { SourceRecord } from '../../src-main/ingestion/record';
import { type ModelResult, replayModel } from '../../src-main/runs/testing/reference-model';
import { NO_COUNTS, type RunCounts } from '../../src-shared/events';
import { wallOf } from '../../src-shared/run-clock';
import { REPORT_LIMITS } from '../../src-shared/update';
import { createLatencies, type Percentiles } from '../drive/figures';
import { createBreaches, type Heard, leadersOf, type SaidLeader, type Settlement } from '../drive/hearing';
import { findBreaches, findUnfinished } from '../drive/invariants';
import { clocksOf, type Row, readBackup, type Stored } from '../drive/stored';
import type { Workload } from '../drive/workload';

export interface Verdict {
  /** Violations in sentences; none if every update had its correct outcome once. */
  readonly breaches: readonly string[];
  /** From due to fired, from the database; null without one. */
  readonly storedLateness: Percentiles | null;
}

export interface Evidence {
  readonly workload: Workload;
  readonly heard: Heard;
  /** A backup of the database after the run; null in memory. */
  readonly backupPath: string | null;
}

/** Accounts are independent, so they are checked in shares to bound memory. */
const RECORDS_AT_ONCE = 200_000;

/** Compares the output and the stored content with the reference model. */
export async function judge({ workload, heard, backupPath }: Evidence): Promise<Verdict> {
  const breaches = createBreaches();
  const lateness = createLatencies();
  const shares = Math.ceil(workload.records / RECORDS_AT_ONCE);
  const leaders: SaidLeader[] = [];
  const expected: { -readonly [Key in keyof RunCounts]: RunCounts[Key] } = { ...NO_COUNTS };
  breaches.addAll(heard.breaches);

  for (let share = 0; share < shares; share += 1) {
    const isOurs = (id: string | null) => (id === null ? share === 0 : shareOf(id, shares) === share);
    const records = await readShare(workload, isOurs);
    const model = replayModel(records.map((source) => ({ source, at: 0 })));
    for (const leader of leadersOf(model.report)) leaders.push(leader);
    breaches.addAll(compareOutcomes(workload, heard, records, model));
    for (const outcome of model.outcomes.values()) {
      expected.records += 1;
      expected[outcome] += 1;
    }
    if (backupPath === null) continue;
    const stored = await readStoredShare(backupPath, isOurs, records.length, workload.records);
    const said = saidOf(heard, records);
    if (stored.runs.length !== 1) breaches.add(`${stored.runs.length} runs are there in place of 1`);
    breaches.addAll(findBreaches({ stored, records, said, unsaidAtMost: Number.POSITIVE_INFINITY }));
    breaches.addAll(findUnfinished(stored, records));
    const clocks = clocksOf(stored);
    for (const row of stored.updates) {
      const clock = clocks.get(row.run_id);
      if (row.callback_state !== 'fired' || !clock) continue;
      const [dueMs, firedMs] = [wallOf(clock, Number(row.due_ms)), wallOf(clock, Number(row.settled_at_ms))];
      if (dueMs !== null && firedMs !== null) lateness.record(firedMs - dueMs);
    }
  }
  breaches.addAll(compareCounts(heard.saidCounts, expected));
  breaches.addAll(compareLeaders(heard.saidLeaders, leaders));
  return { breaches: breaches.list(), storedLateness: backupPath === null ? null : lateness.read() };
}

/** FNV-1a: spreads ids evenly and repeatably. */
function shareOf(id: string, shares: number): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x0100_0193);
  return (hash >>> 0) % shares;
}

async function readShare(
  workload: Workload,
  isOurs: (id: string | null) => boolean,
): Promise<readonly SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const record of workload.sourceRecords()) {
    if (isOurs(record.kind === 'update' ? record.update.id : null)) records.push(record);
  }
  return records;
}

/** The accounts of a share, and its run as if it had no other records. */
async function readStoredShare(
  path: string,
  isOurs: (id: string | null) => boolean,
  ours: number,
  all: number,
): Promise<Stored> {
  const idOf = (table: string, row: Row) => {
    if (table === 'accounts') return row.id ?? null;
    return table === 'account_updates' ? (row.account_id ?? null) : null;
  };
  const stored = await readBackup(path, (table, row) => table === 'runs' || isOurs(idOf(table, row)));
  const runs = stored.runs.map((run) => {
    const checkpoint: { records?: unknown } = JSON.parse(run.checkpoint ?? '{}');
    const applied = Number(checkpoint.records ?? 0);
    return { ...run, checkpoint: JSON.stringify({ records: applied === all ? ours : applied }) };
  });
  return { ...stored, runs };
}

/** In the format of the torture harness, which checks the same rules. */
function saidOf(heard: Heard, records: readonly SourceRecord[]) {
  const outcomes = new Map<number, string>();
  const settled = new Map<string, Settlement>();
  for (const source of records) {
    const outcome = heard.outcome(source.record);
    if (outcome !== null) outcomes.set(source.record, outcome);
    if (source.kind !== 'update') continue;
    const key = `${source.update.id} ${source.update.version}`;
    const settlement = heard.settlement(source.record) ?? heard.settledElse.get(key) ?? null;
    if (settlement !== null) settled.set(key, settlement);
  }
  return { outcomes: [outcomes], settled, lives: 1, breaches: [] };
}

function* compareOutcomes(
  workload: Workload,
  heard: Heard,
  records: readonly SourceRecord[],
  model: ModelResult,
): Generator<string> {
  for (const source of records) {
    const { record } = source;
    const right = model.outcomes.get(record);
    const said = heard.outcome(record);
    if (workload.expected(record) !== right)
      yield `record ${record} was made to be ${workload.expected(record)}, and is ${right} by the model`;
    if (said === null) {
      if (heard.complete) yield `record ${record} has no outcome: it should be ${right}`;
      continue;
    }
    if (said !== right) yield `record ${record} was said to be ${said}, and is ${right}`;
    if (!heard.complete || right !== 'indexed' || source.kind !== 'update') continue;
    const { id, version } = source.update;
    const settlement = heard.settlement(record);
    if (settlement === null) yield `the callback of ${id} ${version} neither fired nor was cancelled`;
    else if (settlement === 'cancelled' && model.accounts.get(id)?.version === version)
      yield `${id} ${version} was cancelled, and nothing newer came`;
  }
}

function* compareCounts(said: RunCounts | null, expected: RunCounts): Generator<string> {
  if (!said) return yield 'the run came to no summary';
  for (const key of [
    'records',
    'indexed',
    'stale',
    'duplicate',
    'conflict',
    'rejected',
    'pending',
  ] as const) {
    if (said[key] !== expected[key])
      yield `the summary counts ${said[key]} ${key} in place of ${expected[key]}`;
  }
  if (said.fired + said.cancelled !== expected.indexed)
    yield `the summary counts ${said.fired} fired and ${said.cancelled} cancelled of ${expected.indexed} callbacks`;
}

/** The leaders of all shares: per type only the highest remain, the first of them by id. */
function* compareLeaders(
  said: readonly SaidLeader[] | null,
  leaders: readonly SaidLeader[],
): Generator<string> {
  if (!said) return yield 'the run came to no report';
  const highest = new Map<string, bigint>();
  for (const { accountType, tokens } of leaders) {
    const best = highest.get(accountType) ?? -1n;
    if (BigInt(tokens) > best) highest.set(accountType, BigInt(tokens));
  }
  const named = new Map<string, number>();
  const right = leaders
    .filter(({ accountType, tokens }) => highest.get(accountType) === BigInt(tokens))
    .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))
    .filter(({ accountType }) => {
      const before = named.get(accountType) ?? 0;
      named.set(accountType, before + 1);
      return before < REPORT_LIMITS.leaders;
    });
  const name = ({ accountType, id, tokens, version }: SaidLeader) =>
    `${accountType} ${id} ${tokens} ${version}`;
  const saidNames = new Set(said.map(name));
  for (const leader of right) if (!saidNames.has(name(leader))) yield `the report lacks ${name(leader)}`;
  if (said.length !== right.length) yield `the report has ${said.length} leaders in place of ${right.length}`;
}
