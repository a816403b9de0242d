import type { SourceRecord } from '../../src-main/ingestion/record';
import { LARGEST_BATCH_RECORDS } from '../../src-main/runs/read-ahead';
import { type ModelResult, replayModel } from '../../src-main/runs/testing/reference-model';
import { wallOf } from '../../src-shared/run-clock';
import type { Update } from '../../src-shared/update';
import { clocksOf, type Row, type Stored } from './stored';
import type { SaidEvents } from './transcript';

export interface Expected {
  readonly stored: Stored;
  /** The source of all runs, in order of arrival. */
  readonly records: readonly SourceRecord[];
  /** All output of the program, over all its starts. */
  readonly said: SaidEvents;
  /** How many of the last run's records may be stored without having been reported; default: one batch. */
  readonly unsaidAtMost?: number;
}

/** How the database differs from the source, in sentences; none if correct. */
export function findBreaches({
  stored,
  records,
  said,
  unsaidAtMost = LARGEST_BATCH_RECORDS,
}: Expected): string[] {
  const breaches: string[] = [...said.breaches];
  const appliedByRun = stored.runs.map((run) => ({
    id: run.id ?? '',
    applied: recordsApplied(run.checkpoint),
  }));
  const arrivals = appliedByRun.flatMap(({ applied }) =>
    records.slice(0, applied).map((source) => ({ source, at: 0 })),
  );
  // Only outcomes, history and latest states are compared, which do not depend on time.
  const model = replayModel(
    arrivals.map((arrival, place) => ({ ...arrival, source: { ...arrival.source, record: place } })),
  );

  const placeOf = new Map(records.map(({ record }, place) => [record, place]));
  let before = 0;
  appliedByRun.forEach(({ id, applied }, run) => {
    const outcomes = said.outcomes[run] ?? new Map<number, string>();
    for (const [record, outcome] of outcomes) {
      const place = placeOf.get(record) ?? Number.POSITIVE_INFINITY;
      if (place >= applied) breaches.push(`run ${id}: record ${record} was said (${outcome}), but is lost`);
      else if (model.outcomes.get(before + place) !== outcome) {
        breaches.push(
          `run ${id}: record ${record} was said to be ${outcome}, and is ${model.outcomes.get(before + place)}`,
        );
      }
    }
    const isLast = run === appliedByRun.length - 1;
    const unsaid = applied - outcomes.size;
    if (isLast && unsaid > unsaidAtMost * (said.lives + 1))
      breaches.push(`run ${id}: ${unsaid} records are there and were never said`);
    const rejects = records.slice(0, applied).filter(({ kind }) => kind === 'reject').length;
    const kept = stored.rejects.filter((row) => row.run_id === id).length;
    if (rejects !== kept) breaches.push(`run ${id}: ${kept} rejects are kept in place of ${rejects}`);
    before += applied;
  });
  // Not `push`: too many lost records would exceed the arguments of one call.
  return [
    ...breaches,
    ...compareHistory(stored, model),
    ...compareAccounts(stored, model),
    ...compareWaiting(stored),
    ...checkCallbacks(stored, said),
    ...checkOrder(stored),
  ];
}

/** After a completed run everything is applied and nothing is pending. */
export function findUnfinished(stored: Stored, records: readonly SourceRecord[]): string[] {
  const breaches: string[] = [];
  const last = stored.runs.at(-1);
  if (last?.state !== 'completed') breaches.push(`the last run is ${last?.state}, not completed`);
  if (recordsApplied(last?.checkpoint) !== records.length) {
    breaches.push(`${recordsApplied(last?.checkpoint)} of ${records.length} records were applied`);
  }
  const pending = stored.updates.filter((row) => row.callback_state === 'pending').length;
  if (pending > 0) breaches.push(`${pending} callbacks still wait after the end of the run`);
  return breaches;
}

function recordsApplied(checkpoint: string | null | undefined): number {
  const parsed: unknown = JSON.parse(checkpoint ?? '{}');
  if (typeof parsed !== 'object' || parsed === null || !('records' in parsed)) return 0;
  return Number(parsed.records);
}

function compareHistory({ updates }: Stored, model: ModelResult): string[] {
  const breaches: string[] = [];
  const seen = new Set<string>();
  for (const row of updates) {
    const key = `${row.account_id} ${row.version}`;
    if (seen.has(key)) breaches.push(`${key} is kept twice`);
    seen.add(key);
    const expected = model.history.get(key);
    if (expected === undefined) breaches.push(`${key} is kept, and was never applied`);
    else if (row.outcome !== expected) breaches.push(`${key} is ${row.outcome} in place of ${expected}`);
  }
  for (const key of model.history.keys()) if (!seen.has(key)) breaches.push(`${key} is lost`);
  return breaches;
}

function compareAccounts({ accounts, updates }: Stored, model: ModelResult): string[] {
  const breaches: string[] = [];
  const dataOf = new Map(updates.map((row) => [row.seq, row.data]));
  for (const row of accounts) {
    const expected = model.accounts.get(row.id ?? '');
    if (!expected) breaches.push(`account ${row.id} should not be there`);
    else if (!isSame({ ...row, data: dataOf.get(row.update_seq) ?? null }, expected))
      breaches.push(`account ${row.id} is at version ${row.version} in place of ${expected.version}`);
  }
  if (accounts.length !== model.accounts.size) {
    breaches.push(`${accounts.length} accounts in place of ${model.accounts.size}`);
  }
  return breaches;
}

/** An account's row holds the pending callback of its latest version, with due time and run. */
function compareWaiting({ accounts, updates }: Stored): string[] {
  const bySeq = new Map(updates.map((row) => [row.seq, row]));
  return accounts.flatMap(({ id, update_seq: seq, callback_run_id: runId, due_ms: due }) => {
    const update = bySeq.get(seq);
    const [rightDue, rightRun] =
      update?.callback_state === 'pending' ? [update.due_ms, update.run_id] : [null, null];
    return due === rightDue && runId === rightRun
      ? []
      : [`account ${id} waits until ${due} of run ${runId}; right would be ${rightDue} of run ${rightRun}`];
  });
}

function isSame(row: Stored['accounts'][number], update: Update): boolean {
  return (
    row.version === update.version &&
    row.tokens === update.tokens &&
    row.account_type === update.accountType &&
    canonical(row.data ?? 'null') === canonical(update.data)
  );
}

function canonical(text: string): string {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return text;
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkCallbacks(stored: Stored, said: SaidEvents): string[] {
  const breaches: string[] = [];
  const states = new Map<string, string | null>();
  const clocks = clocksOf(stored);
  /** Whether a moment of one run precedes that of another, by wall time if the runs differ. */
  const isBefore = (
    a: { runId: Row[string]; at: number },
    b: { runId: Row[string]; at: number },
  ): boolean => {
    if (a.runId === b.runId) return a.at < b.at;
    const [ofA, ofB] = [clocks.get(a.runId), clocks.get(b.runId)];
    const [wallA, wallB] = [ofA && wallOf(ofA, a.at), ofB && wallOf(ofB, b.at)];
    return wallA == null || wallB == null || wallA < wallB;
  };
  for (const row of stored.updates) {
    const key = `${row.account_id} ${row.version}`;
    states.set(key, row.callback_state ?? null);
    if (row.outcome === 'stale') continue;
    const due = { runId: row.run_id ?? null, at: Number(row.due_ms) };
    const settled = { runId: row.settled_run_id ?? null, at: Number(row.settled_at_ms) };
    if (Number(row.due_ms) !== Number(row.at_ms) + Number(row.callback_time_ms))
      breaches.push(`${key} is due at ${row.due_ms}, ${row.callback_time_ms} ms after ${row.at_ms}`);
    switch (row.callback_state) {
      case 'pending':
        break;
      case 'fired':
        if (settled.runId !== due.runId) breaches.push(`${key} fired on the clock of run ${settled.runId}`);
        if (row.how === 'due' && settled.at < due.at) breaches.push(`${key} fired before it was due`);
        break;
      case 'cancelled':
        if (row.how !== 'newer version')
          breaches.push(`${key} was cancelled by no newer version: ${row.how}`);
        if (!isBefore(settled, due)) breaches.push(`${key} was cancelled after it was due`);
        if (row.cancelled_by_it !== row.version)
          breaches.push(`${key} was cancelled by ${row.superseded_by}, which names ${row.cancelled_by_it}`);
        break;
      default:
        breaches.push(`the callback of ${key} is in no state`);
    }
  }
  for (const [key, state] of said.settled) {
    if (states.get(key) !== state)
      breaches.push(`${key} was said to have ${state}, and is ${states.get(key)}`);
  }
  return breaches;
}

/** One order: no number is used twice, and a settlement comes after its update. */
function checkOrder({ updates }: Stored): string[] {
  const breaches: string[] = [];
  const taken = new Set<string | null | undefined>();
  for (const row of updates) {
    const isOwn = row.callback_state !== null && row.how !== undefined && row.how !== 'newer version';
    for (const seq of isOwn ? [row.seq, row.settled_seq] : [row.seq]) {
      if (taken.has(seq)) breaches.push(`the number ${seq} is taken twice`);
      taken.add(seq);
    }
    if (row.settled_seq != null && BigInt(row.settled_seq) <= BigInt(row.seq ?? 0))
      breaches.push(`update ${row.seq} was settled by ${row.settled_seq}, before it arrived`);
  }
  return breaches;
}

const COUNTED = ['indexed', 'stale', 'fired', 'cancelled', 'pending'] as const;

/** A run counts its own rows, even right after a kill, and knows their ranges. For a whole database only. */
export function findRunBreaches({ runs, updates }: Stored): string[] {
  const breaches: string[] = [];
  for (const { id, counts, attempts } of runs) {
    const rows = updates.filter((row) => row.run_id === id);
    const said: Record<string, number> = JSON.parse(counts ?? '{}');
    for (const kind of COUNTED) {
      const found = rows.filter((row) => row.outcome === kind || row.callback_state === kind).length;
      if (said[kind] !== found) breaches.push(`run ${id} counts ${said[kind]} ${kind}; there are ${found}`);
    }
    const ranges: [string, string][] = JSON.parse(attempts ?? '[]');
    const isKnown = (seq: bigint) =>
      ranges.some(([first, last]) => BigInt(first) <= seq && seq <= BigInt(last));
    const lost = rows.find(({ seq }) => !isKnown(BigInt(seq ?? 0)));
    if (lost) breaches.push(`run ${id} does not know of its update ${lost.seq}`);
  }
  return breaches;
}
