import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { clockAt } from '../../src-shared/run-clock';
import type { CountedEvent } from '../../src-shared/totals';
import type { EpochMs, U64Text } from '../../src-shared/update';
import { type KnownRun, momentOf, type Sequence } from '../callbacks/known-run';
import type { Database } from '../database/database';
import type { Batch } from './apply-batch';
import type { KnownAccounts } from './known-accounts';
import {
  countLatestOf,
  type DeadSlot,
  type FallenBack,
  fallBackSome,
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

/**
 * Retracts the updates of a dead slot in one transaction: rule 10 of "The law" in docs/architecture.md. Accounts fall back some at a
 * time; memory grows with those whose latest state lay in the slot, not with its updates. Slot 0 stands for no slot, and never dies.
 */
export async function retractSlot(db: Database, found: DeadSlotFound): Promise<readonly RunEvent[]> {
  const { run, slot, at, known, sequence, runOf } = found;
  const { fallen, events } = await db.transaction(async (tx) => {
    const death: DeadSlot = { slot, seq: sequence.take(1), runId: run.runId, at };
    const isNew = slot !== '0' && (await insertDeadSlot(tx, death));
    const fallen = isNew ? await fallBack(tx, death, found) : [];
    const events = fallen.flatMap((one) => cancelledOf(one, found));
    const numbers = isNew ? { first: death.seq, last: death.seq + BigInt(fallen.length) } : null;
    await found.checkpoint(tx, events, numbers);
    return {
      fallen,
      events: isNew
        ? [{ event: 'retracted' as const, ...momentOf(run, at), slot, accounts: fallen.length }, ...events]
        : events,
    };
  });
  if (slot !== '0') known.slotDied();
  for (const { id, seq, callbackRunId, back } of fallen) {
    if (callbackRunId !== null) runOf(callbackRunId).queue.remove(seq);
    if (back) known.remember(id, { latest: back.version, seq: back.seq, waits: null });
    else known.forget(id);
  }
  return events;
}

async function fallBack(
  tx: Parameters<typeof fallBackSome>[0],
  death: DeadSlot,
  { run, at, nowMs, sequence, runOf }: DeadSlotFound,
): Promise<readonly FallenBack[]> {
  const counts = await countLatestOf(tx, death.slot);
  const times = new Map<string, number>();
  let accounts = 0;
  for (const { run_id: runId, accounts: count } of counts) {
    accounts += count;
    if (runId !== null) times.set(runId, runId === run.runId ? at : clockAt(runOf(runId).clock, nowMs));
  }
  const first = sequence.take(accounts);
  const fallen: FallenBack[] = [];
  while (fallen.length < accounts) {
    const some = await fallBackSome(tx, { ...death, seq: first + BigInt(fallen.length) }, times);
    // Otherwise it would ask for ever.
    if (some.length === 0)
      throw new IngotError('internal', `Accounts of the dead slot ${death.slot} did not fall back.`);
    for (const one of some) fallen.push(one);
  }
  return fallen;
}

function cancelledOf(
  { id, version, callbackRunId }: FallenBack,
  { run, slot, at }: DeadSlotFound,
): readonly CountedEvent[] {
  if (callbackRunId === null) return [];
  const cancelled = { event: 'cancelled' as const, ...momentOf(run, at), callbackRunId, id, version };
  return [{ ...cancelled, supersededBy: null, skipped: false, deadSlot: slot }];
}
