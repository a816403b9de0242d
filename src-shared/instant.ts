import { z } from 'zod';
import { CHAIN, type ChainCut } from './chain-place';
import { IngotError } from './errors';
import { formatRunTime } from './run-clock';
import { type EpochMs, type U64Text, UPDATE_LIMITS, type VersionText } from './update';

/** A moment to look at: everything is shown as it was then. */
export type Instant = ArrivalOrder | ChainInstant;

/** In the order in which things were stored. */
type ArrivalOrder =
  | { readonly kind: 'now' }
  /** After the arrival at this position of the run, counted from 0. */
  | { readonly kind: 'arrival'; readonly run: string; readonly position: string }
  /** When the run's clock showed `at`. */
  | { readonly kind: 'runTime'; readonly run: string; readonly at: number }
  | { readonly kind: 'wall'; readonly wallMs: EpochMs };

/** A place on the chain, as it was known at an instant. */
interface ChainInstant {
  readonly kind: 'chain';
  readonly place:
    | { readonly slot: U64Text }
    /** Of a transaction: with all that it wrote, or without any of it. */
    | { readonly after: string }
    | { readonly before: string };
  readonly known: ArrivalOrder;
}

/** As of it, rows with a number of at most `seq` are there, and accounts have their highest version up to `cut`. */
export interface ResolvedInstant {
  readonly seq: string;
  /** What queries take: the number, and the place on the chain. */
  readonly asOf: string;
  /** Null: the latest states that were known. */
  readonly cut: ChainCut | null;
  readonly runId: string | null;
  readonly at: number | null;
  readonly wallMs: EpochMs | null;
}

/** Above every number: as of now. */
export const NOW_SEQ = String(2n ** 63n - 1n);

/** A number of the one order; `NUMBER,SLOT:VERSION` with a place on the chain. */
export const asOfSchema = z
  .string()
  .regex(/^-?\d{1,19}(,(0|[1-9]\d{0,19}):(0|[1-9]\d{0,19}))?$/, { abort: true })
  .refine((text) => {
    const [seq = '', cut = '0:0'] = text.split(',');
    return (
      BigInt(seq) <= BigInt(NOW_SEQ) && cut.split(':').every((one) => BigInt(one) <= UPDATE_LIMITS.maxU64)
    );
  });

/** What `asOfSchema` lets pass. `cut`: the highest version that counts; null: there is no limit. */
export function parseAsOf(asOf: string): { readonly seq: string; readonly cut: VersionText | null } {
  const [seq = asOf, cut = null] = asOf.split(',');
  return { seq, cut };
}

/** The greatest write version stands for a whole slot. */
export const formatAsOf = (
  seq: string,
  { slot, writeVersion }: Pick<ChainCut, 'slot' | 'writeVersion'>,
): string => `${seq},${slot}:${writeVersion ?? UPDATE_LIMITS.maxU64}`;

const RUN = '(last|[1-9]\\d{0,18})';
const ARRIVAL = new RegExp(`^${RUN}:(\\d{1,15})$`);
const RUN_TIME = new RegExp(`^${RUN}@(.+)$`);
const UNITS = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,12})(?:\.(\d{1,3}))?s)?$/;
const CLOCK = /^(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2})(?:\.(\d{1,3}))?$/;
const MILLISECONDS = /^(\d{1,16})ms$/;
const U64 = /^\d{1,20}$/;
/** 64 bytes in base58. */
const SIGNATURE = /^[1-9A-HJ-NP-Za-km-z]{64,88}$/;
const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** The longest text of an instant that a program may send. */
export const LONGEST_INSTANT = 200;

/**
 * `now`, `RUN:N`, `RUN@TIME` or a date and time with its offset from UTC; RUN is a number or `last`. `slot:N`, `after:SIGNATURE` or
 * `before:SIGNATURE`, alone as known now; with a comma and one of the others after it, as known then.
 * @throws IngotError `invalid_input`.
 */
export function parseInstant(text: string): Instant {
  const [, word, named = '', known = 'now'] = CHAIN.exec(text.trim()) ?? [];
  if (word === undefined) return parseArrivalOrder(text);
  return { kind: 'chain', place: parsePlace(word, named), known: parseArrivalOrder(known) };
}

function parsePlace(word: string, named: string): ChainInstant['place'] {
  if (word === 'slot') {
    if (U64.test(named) && BigInt(named) <= UPDATE_LIMITS.maxU64) return { slot: String(BigInt(named)) };
    throw new IngotError('invalid_input', `slot:${named} is no slot.`, {
      hint: 'Write slot: and a whole number, such as slot:250123456.',
    });
  }
  if (SIGNATURE.test(named)) return word === 'after' ? { after: named } : { before: named };
  throw new IngotError('invalid_input', `${word}:${named} does not name a transaction.`, {
    hint: 'A signature is 64 bytes in base58: 64 to 88 letters and digits.',
  });
}

function parseArrivalOrder(text: string): ArrivalOrder {
  const trimmed = text.trim();
  if (trimmed === 'now') return { kind: 'now' };
  const [, ofRun, position] = ARRIVAL.exec(trimmed) ?? [];
  if (ofRun !== undefined && position !== undefined) {
    return { kind: 'arrival', run: ofRun, position: String(Number(position)) };
  }
  const [, run, time = ''] = RUN_TIME.exec(trimmed) ?? [];
  const at = parseRunTime(time);
  if (run !== undefined && at !== null) return { kind: 'runTime', run, at };
  const wallMs = WALL.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  if (!Number.isNaN(wallMs)) return { kind: 'wall', wallMs };
  throw new IngotError('invalid_input', 'This is not an instant that Ingot knows.', {
    hint:
      'Write now, RUN:N, RUN@12.5s, RUN@00:12.500, 2026-01-31T12:00:00Z, or slot:N, after:SIGNATURE or before:SIGNATURE, ' +
      'which may be followed by a comma and one of the others. RUN is a number or last.',
  });
}

/** Whole milliseconds; null if it is no time of a run. */
export function parseRunTime(text: string): number | null {
  const [, plain] = MILLISECONDS.exec(text) ?? [];
  if (plain !== undefined) return safe(Number(plain));
  const parts = CLOCK.exec(text) ?? (text === '' ? null : UNITS.exec(text));
  if (!parts) return null;
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts;
  return safe(
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0')),
  );
}

const safe = (ms: number) => (Number.isSafeInteger(ms) ? ms : null);

/** Text that `parseInstant` reads as the same instant. */
export function formatInstant(instant: Instant): string {
  switch (instant.kind) {
    case 'now':
      return 'now';
    case 'arrival':
      return `${instant.run}:${instant.position}`;
    case 'runTime':
      return `${instant.run}@${formatRunTime(instant.at)}`;
    case 'wall':
      return new Date(instant.wallMs).toISOString();
    case 'chain': {
      const [[word, named] = []] = Object.entries(instant.place);
      return `${word}:${named}${instant.known.kind === 'now' ? '' : `,${formatInstant(instant.known)}`}`;
    }
  }
}
