import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { clockAt } from '../../src-shared/run-clock';
import type { CountedEvent } from '../../src-shared/totals';
import { type EpochMs, slotOf, type U64Text } from '../../src-shared/update';
import { type KnownRun, momentOf, type Sequence } from '../callbacks/known-run';
import type { Concerned } from '../callbacks/line';
import type { Database, Queryable } from '../database/database';
import type { Batch } from './apply-batch';
import type { KnownAccounts } from './known-accounts';
import {
  ACCOUNTS_AT_ONCE,
  countLatestOf,
  type DeadSlot,
  type FallenBack,
  fallBackSome,
  findAccountsOf,
  insertDeadSlot,
} from './sql/dead-slots';

export interface DeadSlotFound {
  readonly run: KnownRun;
  readonly slot: U64Text;
  /** In run time. */
  readonly at: number;
  readonly nowMs: EpochMs;
  readonly known: KnownAccounts;
  readonly sequence: Sequence;
  readonly runOf: (runId: string) => KnownRun;
  /** Runs inside the same transaction. */
  readonly checkpoint: Batch['checkpoint'];
}

/** The accounts of a dead slot that have not fallen back yet. */
export interface Falling {
  readonly accounts: number;
  /** Of the callbacks that wait. */
  readonly runIds: readonly string[];
  /** The last one that fell back in its turn. */
  readonly after: FallenBack | null;
}

export interface Retracted {
  readonly events: readonly RunEvent[];
  /** Numbers of the updates that were the latest. */
  readonly fallen: ReadonlySet<bigint>;
  /** Null: all have. */
  readonly rest: Falling | null;
}

/**
 * Retracts the updates of a dead slot: rule 10 of "The law" in docs/architecture.md. The first transaction stores the
 * death and lets some hundred accounts fall back, and each later one some hundred more, so that no other work waits long for the database.
 * Between two of them anything may be written, except about the accounts that are left: before that they must fall back. If the process
 * ends, the next one begins with all that are left. Slot 0 stands for no slot, and never dies.
 * @param rest of the call before; null: the slot dies now.
 * @param of Only these fall back, if they are among the rest.
 */
export async function retractSlot(
  db: Database,
  found: DeadSlotFound,
  rest: Falling | null = null,
  { of = null, mostAtOnce = ACCOUNTS_AT_ONCE }: { of?: Concerned | null; mostAtOnce?: number } = {},
): Promise<Retracted> {
  const { run, slot, at, known, runOf } = found;
  const ids = of && (await findConcerned(db, found, of));
  if (ids?.length === 0) return { events: [], fallen: new Set(), rest };
  const { fallen, ...retracted } = await db.transaction(async (tx) => {
    const begun = rest ? { falling: rest, events: [], seq: null } : await die(tx, found);
    const { falling, seq } = begun;
    const count = ids?.length ?? Math.min(falling.accounts, mostAtOnce);
    const first = found.sequence.take(count);
    const fallen =
      count === 0
        ? []
        : await fallBackSome(
            tx,
            { slot, seq: first, runId: run.runId, at },
            timesOf(falling, found),
            ids ? { ids } : { after: falling.after, count },
          );
    if (fallen.length !== count)
      throw new IngotError('internal', `Accounts of the dead slot ${slot} did not fall back.`);
    const cancelled = fallen.flatMap((one) => cancelledOf(one, found));
    const last = count === 0 ? seq : first + BigInt(count) - 1n;
    await found.checkpoint(tx, cancelled, last === null ? null : { first: seq ?? first, last });
    const accounts = falling.accounts - count;
    const after = ids ? falling.after : (fallen.at(-1) ?? null);
    return {
      fallen,
      events: [...begun.events, ...cancelled],
      rest: accounts === 0 ? null : { ...falling, accounts, after },
    };
  });
  if (slot !== '0') known.slotDied();
  const taken = new Set(of?.taken);
  for (const { id, seq, callbackRunId, back } of fallen) {
    if (callbackRunId !== null && !taken.has(seq)) runOf(callbackRunId).queue.remove(seq);
    if (back) known.remember(id, { latest: back.version, seq: back.seq, waits: null });
    else known.forget(id);
  }
  return { ...retracted, fallen: new Set(fallen.map(({ seq }) => seq)) };
}

/** Those of the accounts whose latest state lies in the slot. */
async function findConcerned(
  db: Database,
  { slot, known }: DeadSlotFound,
  { ids = [], taken = [] }: Concerned,
): Promise<readonly string[]> {
  if (taken.length > 0) return findAccountsOf(db, taken, slot);
  const accounts = await known.find(db, ids);
  return ids.filter((id) => slotOf(accounts.get(id)?.latest ?? '0') === slot);
}

/** Nothing falls back if it was dead already. */
async function die(tx: Queryable, { run, slot, at, sequence }: DeadSlotFound) {
  const death: DeadSlot = { slot, seq: sequence.take(1), runId: run.runId, at };
  if (slot === '0' || !(await insertDeadSlot(tx, death))) return { falling: NONE, events: [], seq: null };
  const falling = await findFalling(tx, slot);
  const { accounts } = falling;
  return {
    falling,
    events: [{ event: 'retracted' as const, ...momentOf(run, at), slot, accounts }],
    seq: death.seq,
  };
}

const NONE: Falling = { accounts: 0, runIds: [], after: null };

export async function findFalling(db: Queryable, slot: U64Text): Promise<Falling> {
  const counts = await countLatestOf(db, slot);
  return {
    accounts: counts.reduce((sum, { accounts }) => sum + accounts, 0),
    runIds: counts.flatMap(({ run_id: runId }) => runId ?? []),
    after: null,
  };
}

/** When it is on the clocks of the callbacks' runs. */
const timesOf = ({ runIds }: Falling, { run, at, nowMs, runOf }: DeadSlotFound) =>
  new Map(
    runIds.map((runId) => [runId, runId === run.runId ? at : clockAt(runOf(runId).clock, nowMs)] as const),
  );

function cancelledOf(
  { id, version, callbackRunId }: FallenBack,
  { run, slot, at }: DeadSlotFound,
): readonly CountedEvent[] {
  if (callbackRunId === null) return [];
  const cancelled = { event: 'cancelled' as const, ...momentOf(run, at), callbackRunId, id, version };
  return [{ ...cancelled, supersededBy: null, skipped: false, deadSlot: slot }];
}
