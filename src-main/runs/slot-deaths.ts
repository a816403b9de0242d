import { IngotError } from '../../src-shared/errors';
import type { RunSettings } from '../../src-shared/run-settings';
import type { U64Text } from '../../src-shared/update';
import type { Falling, Retracted } from '../accounts/retract-slot';
import type { Concerned, Line } from '../callbacks/line';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import type { RecordSource, SlotDeath } from '../ingestion/record';

/** Slots that die between the records of a run. */
export interface SlotDeaths {
  /** The next one, after so many records of the run. */
  next(): NextDeath | undefined;
  /** The next one, if it comes before the next record and has a time of its own. */
  due(records: number): { readonly at: number | null } | undefined;
  /** The next one is on record. */
  retracted(): void;
  /** Records were stored, now or in an earlier attempt. */
  stored(records: readonly PlannedRecord[]): void;
}

export interface NextDeath {
  readonly slot: U64Text;
  readonly after: number;
  /** In the plan; null: as soon as possible. Undefined: a live source says it now. */
  readonly at?: number | null;
}

/** A source may hold any number of them without a record in between. */
const MOST_WAITING = 100_000;

/**
 * Those that a source holds. As recorded, a slot dies as long after the record before it as it did then; otherwise right after it.
 * @param played Records that earlier attempts stored, with what died before the last of them.
 */
export function createSlotDeaths(
  source: RecordSource,
  played: number,
  arrival: RunSettings['arrival'],
): SlotDeaths {
  const waiting: SlotDeath[] = [];
  /** The last record that says when it came. */
  let last: { readonly at: number; readonly arrivalMs: number } | null = null;
  source.onDeath((death) => {
    if (death.after < played) return;
    if (waiting.length === MOST_WAITING) {
      const what = `${source.name} names more than ${MOST_WAITING} dead slots without an update in between.`;
      throw new IngotError('source_broken', what);
    }
    waiting.push(death);
  });
  const next = () => {
    const [death] = waiting;
    if (!death) return undefined;
    const { slot, after, arrivalMs } = death;
    if (arrival !== 'recorded' || last === null || arrivalMs === undefined) return { slot, after, at: null };
    return { slot, after, at: last.at + Math.max(0, arrivalMs - last.arrivalMs) };
  };
  return {
    next,
    due(records) {
      const death = next();
      return death && death.after <= records ? death : undefined;
    },
    retracted: () => void waiting.shift(),
    stored(records) {
      for (const { source: of, at } of records) {
        if (of.kind !== 'reject' && of.arrivalMs !== undefined && at !== null)
          last = { at, arrivalMs: of.arrivalMs };
      }
    },
  };
}

/**
 * Within `alone`: all steps of a death. Each happens at its own time, because other things happen between them.
 * @param step as `retractSlot`.
 */
export async function retractInSteps(
  { inSteps }: Line,
  step: (of: Concerned | null, rest: Falling | null) => Promise<Retracted>,
): Promise<void> {
  let rest: Falling | null = null;
  let hasBegun = false;
  const take = async (of: Concerned | null) => {
    const done = await step(of, rest);
    rest = done.rest;
    return done.fallen;
  };
  const next = async () => {
    if (!hasBegun || rest) await take(null);
    hasBegun = true;
    return rest !== null;
  };
  await inSteps(next, async (of) => (rest ? take(of) : new Set()));
}
