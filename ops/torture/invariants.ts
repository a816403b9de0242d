import { LARGEST_BATCH_RECORDS } from '../../src-main/engine/read-ahead';
import { type ModelResult, replayModel } from '../../src-main/engine/testing/reference-model';
import type { SourceRecord } from '../../src-main/ingestion/record';
import type { Update } from '../../src-shared/update';
import { epochMsOf, type Stored } from './stored';
import type { SaidEvents } from './transcript';

export interface Expected {
  readonly stored: Stored;
  /** The source that every run took its records from, in the order in which they arrive. */
  readonly records: readonly SourceRecord[];
  /** What the program said, all its lives together. */
  readonly said: SaidEvents;
  /** Records of the last run that may be in the database without having been said, one batch if left out. */
  readonly unsaidAtMost?: number;
}

/** What the database has in common with the source, in sentences: none if all is as it must be. */
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
  // Only outcomes, history and latest states are asked of it, which have nothing to do with time.
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
  // Not pushed: so many can be lost that they are too many for the arguments of one call.
  return [
    ...breaches,
    ...compareHistory(stored, model),
    ...compareAccounts(stored, model),
    ...compareWaiting(stored),
    ...checkCallbacks(stored, said),
  ];
}

/** What a run that came to its end leaves: everything applied, nothing waiting. */
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

/** Only the callback of an account's latest version may wait, and its row must say until when; of one that was settled it may. */
function compareWaiting({ accounts, updates }: Stored): string[] {
  const waiting = new Map(
    updates.filter((row) => row.callback_state === 'pending').map((row) => [row.seq, row.callback_due_at]),
  );
  const breaches: string[] = [];
  for (const { id, update_seq: seq, callback_due_at: due } of accounts) {
    if (waiting.has(seq) && waiting.get(seq) !== due)
      breaches.push(`account ${id} waits until ${due}, its update until ${waiting.get(seq)}`);
    waiting.delete(seq);
  }
  for (const seq of waiting.keys()) breaches.push(`update ${seq} waits, and no account says so`);
  return breaches;
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

function checkCallbacks({ updates }: Stored, said: SaidEvents): string[] {
  const breaches: string[] = [];
  const states = new Map<string, string | null>();
  const newest = new Map<string, bigint>();
  for (const { account_id: id, version, outcome } of updates) {
    const known = newest.get(id ?? '') ?? -1n;
    if (outcome === 'indexed' && BigInt(version ?? 0) > known) newest.set(id ?? '', BigInt(version ?? 0));
  }
  for (const row of updates) {
    const key = `${row.account_id} ${row.version}`;
    states.set(key, row.callback_state ?? null);
    if (row.outcome === 'stale') continue;
    const isSettled = row.callback_state === 'fired' || row.callback_state === 'cancelled';
    if (row.callback_due_at === null || (isSettled && row.callback_settled_at === null)) {
      breaches.push(`${key} lacks the times of its callback`);
      continue;
    }
    const dueMs = epochMsOf(row.callback_due_at);
    switch (row.callback_state) {
      case 'pending':
        if (newest.get(row.account_id ?? '') !== BigInt(row.version ?? 0)) {
          breaches.push(`${key} waits, though a newer version of its account is there`);
        }
        break;
      case 'fired':
        if (epochMsOf(row.callback_settled_at) < dueMs) breaches.push(`${key} fired before it was due`);
        break;
      case 'cancelled':
        if (epochMsOf(row.callback_settled_at) >= dueMs)
          breaches.push(`${key} was cancelled after it was due`);
        if (BigInt(row.superseded_by ?? 0) <= BigInt(row.version ?? 0))
          breaches.push(`${key} was cancelled by no newer version`);
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
