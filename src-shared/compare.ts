import { z } from 'zod';
import { countOf } from './amounts';
import { asOfSchema, LONGEST_INSTANT, type ResolvedInstant } from './instant';
import type { Moment } from './run-clock';
import { MAIN_SPACE } from './spaces';
import { CALLBACK_STATES, type CallbackState, type TypeLeaders, type VersionText } from './update';
import { type InstantSummary, type SettledHow, type VersionRow, windowSchema } from './views';

/** A callback on one side of a comparison; `none`: its update is not there. */
export const CALLBACK_FATES = [...CALLBACK_STATES, 'none'] as const;
export type CallbackFate = (typeof CALLBACK_FATES)[number];
const fatesSchema = z.array(z.enum(CALLBACK_FATES)).max(CALLBACK_FATES.length).optional();

/** See `parseSide`. */
const sideSchema = z
  .string()
  .min(1)
  .max(LONGEST_INSTANT + 50);
/** Two instants side by side, of one space or of two. */
export const comparedQuerySchema = z.strictObject({ from: sideSchema, to: sideSchema });
export type ComparedQuery = z.infer<typeof comparedQuerySchema>;
export const comparedAccountsQuerySchema = comparedQuerySchema.extend({
  /** What a summary found the sides to be: its `now` is that of all pages. Left out: they are looked up again. */
  found: z.strictObject({ from: asOfSchema, to: asOfSchema }).optional(),
  window: windowSchema,
});
export type ComparedAccountsQuery = z.infer<typeof comparedAccountsQuerySchema>;
export const comparedCallbacksQuerySchema = comparedAccountsQuerySchema.extend({
  /** What it was on each side; left out: anything. */
  fateFrom: fatesSchema,
  fateTo: fatesSchema,
});
export type ComparedCallbacksQuery = z.infer<typeof comparedCallbacksQuerySchema>;

export interface ComparedSide {
  readonly instant: ResolvedInstant;
  readonly counts: InstantSummary['counts'];
  /** How many versions retention removed from its space, if the other side is of another one: their callbacks are not compared. */
  readonly removed: number;
}

/** Why callbacks that only one side has are not among the differences; null: all are. */
export function explainRemoved({ from, to }: Pick<Comparison, 'from' | 'to'>): string | null {
  const sides = [
    { removed: from.removed, of: 'first' },
    { removed: to.removed, of: 'second' },
  ].filter(({ removed }) => removed > 0);
  if (sides.length === 0) return null;
  const what = sides.map(({ removed, of }) => `${countOf(removed, 'version')} from the ${of} space`);
  return `Retention removed ${what.join(' and ')}: their callbacks are not compared.`;
}

/** Both sides of a comparison, for its pages. */
export const foundIn = ({ from, to }: Pick<Comparison, 'from' | 'to'>) => ({
  from: from.instant.asOf,
  to: to.instant.asOf,
});

/** Leaders named on each side, of those that tie. */
export const COMPARED_LEADERS = 3;

export interface Comparison {
  readonly from: ComparedSide;
  readonly to: ComparedSide;
  /** Accounts whose latest version differs, or its type or tokens. */
  readonly accounts: number;
  /** How many callbacks went from which fate to which other. */
  readonly callbacks: readonly {
    readonly from: CallbackFate;
    readonly to: CallbackFate;
    readonly count: number;
  }[];
  /** Types whose leaders differ, each with the first `COMPARED_LEADERS`; null: no account of it. */
  readonly leaders: readonly {
    readonly accountType: string;
    readonly from: TypeLeaders | null;
    readonly to: TypeLeaders | null;
  }[];
  /** Not all types were looked at. */
  readonly moreTypes: boolean;
}

/** An account's latest version on one side. */
export type ComparedState = Pick<
  VersionRow,
  'accountType' | 'tokens' | 'version' | 'callbackTimeMs' | 'data' | 'decoded' | 'arrived'
>;

export interface ComparedAccount {
  readonly id: string;
  /** Null: there is no such account. */
  readonly from: ComparedState | null;
  readonly to: ComparedState | null;
}

/** What became of a callback by then. */
export interface ComparedFate {
  readonly state: CallbackState;
  readonly due: Moment;
  readonly settled: Moment | null;
  readonly how: SettledHow | null;
  readonly supersededBy: VersionText | null;
}

export interface ComparedCallback extends Pick<VersionRow, 'id' | 'accountType' | 'version' | 'tokens'> {
  /** Null: its update is not there. */
  readonly from: ComparedFate | null;
  readonly to: ComparedFate | null;
}

const SIDE = /^\s*(?:([a-z][a-z0-9_]{0,39})\/)?\s*(.*?)\s*$/s;
const WHOLE_RUN = /^(last|[1-9]\d{0,18})$/;

/**
 * `SPACE/INSTANT` or `INSTANT`. A run alone stands for all of it: the instant after its last event.
 * @returns the space's name, null for main, undefined for the one that is open; and what `parseInstant` reads.
 */
export function parseSide(text: string): {
  readonly space: string | null | undefined;
  readonly instant: string;
} {
  const [, named, said = ''] = SIDE.exec(text) ?? [];
  const instant = WHOLE_RUN.test(said) ? `${said}@${Number.MAX_SAFE_INTEGER}ms` : said;
  return { space: named === MAIN_SPACE ? null : named, instant };
}

/** A side that is another instant whenever it is asked for. */
export const isNow = (side: string): boolean => parseSide(side).instant === 'now';
