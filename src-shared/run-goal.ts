import { z } from 'zod';
import { IngotError } from './errors';
import { parseRunTime } from './instant';
import { formatRunTime } from './run-clock';
import { OUTCOMES } from './update';

/** Where a run is to pause: at the first of these that comes. Everything is of the run itself and of what comes from now on. */
export const runGoalSchema = z.discriminatedUnion('kind', [
  /** A record by its place in the source, counted from 0; null: the next one. */
  z.strictObject({
    kind: z.literal('record'),
    record: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
  }),
  /** When its clock shows this, in milliseconds. */
  z.strictObject({ kind: z.literal('time'), at: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
  /** An update of this account, whatever its outcome. */
  z.strictObject({ kind: z.literal('account'), id: z.string().min(1).max(128) }),
  z.strictObject({ kind: z.literal('type'), accountType: z.string().max(64) }),
  z.strictObject({ kind: z.literal('outcome'), outcome: z.enum(OUTCOMES) }),
  /** A callback of the run fires. All that are due at the same instant do. */
  z.strictObject({ kind: z.literal('fired') }),
  /** A record of the run cancels a callback. */
  z.strictObject({ kind: z.literal('cancelled') }),
]);
export type RunGoal = z.infer<typeof runGoalSchema>;

/** Whether only a record can meet it, so that none does once all are in. */
export const needsRecord = ({ kind }: RunGoal): boolean => kind !== 'time' && kind !== 'fired';

/**
 * `record`, `record:N`, a time such as `12.5s`, `account:ID`, `type:TYPE`, an outcome, `fired` or `cancelled`.
 * @throws IngotError `invalid_input`.
 */
export function parseGoal(text: string): RunGoal {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  const [kind, value] = colon < 0 ? [trimmed, null] : [trimmed.slice(0, colon), trimmed.slice(colon + 1)];
  const found = runGoalSchema.safeParse(compose(kind, value) ?? { kind: 'time', at: parseRunTime(trimmed) });
  if (found.success) return found.data;
  throw new IngotError('invalid_input', 'This is nothing that a run can pause at.', {
    hint: `Write record:N, a time such as 12.5s or 1m03s, account:ID, type:TYPE, ${OUTCOMES.join(', ')}, fired or cancelled.`,
  });
}

function compose(kind: string, value: string | null): unknown {
  switch (kind) {
    case 'record':
      return { kind, record: value === null ? null : /^\d+$/.test(value) ? Number(value) : Number.NaN };
    case 'account':
      return { kind, id: value };
    case 'type':
      return { kind, accountType: value };
    case 'fired':
    case 'cancelled':
      return value === null ? { kind } : null;
    default:
      return (OUTCOMES as readonly string[]).includes(kind) && value === null
        ? { kind: 'outcome', outcome: kind }
        : null;
  }
}

/** Text that `parseGoal` reads as the same goal. */
export function formatGoal(goal: RunGoal): string {
  switch (goal.kind) {
    case 'record':
      return goal.record === null ? 'record' : `record:${goal.record}`;
    case 'time':
      return formatRunTime(goal.at);
    case 'account':
      return `account:${goal.id}`;
    case 'type':
      return `type:${goal.accountType}`;
    case 'outcome':
      return goal.outcome;
    case 'fired':
    case 'cancelled':
      return goal.kind;
  }
}

/** For a person, as it goes on after "until" or "did not come to". `showId` may cut an id. */
export function describeGoal(goal: RunGoal, showId: (id: string) => string): string {
  switch (goal.kind) {
    case 'record':
      return goal.record === null ? 'the next record' : `record ${goal.record}`;
    case 'time':
      return formatRunTime(goal.at);
    case 'account':
      return `a version of ${showId(goal.id)}`;
    case 'type':
      return `an update of type ${showId(goal.accountType)}`;
    case 'outcome':
      return OUTCOME_WORDS[goal.outcome];
    case 'fired':
      return 'the next callback that fires';
    case 'cancelled':
      return 'the next cancelled callback';
  }
}

const OUTCOME_WORDS = {
  indexed: 'the next indexed update',
  stale: 'the next stale update',
  duplicate: 'the next duplicate',
  conflict: 'the next conflict',
  rejected: 'the next rejected record',
} as const;
