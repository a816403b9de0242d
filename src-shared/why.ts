import { countOf, formatSpan, groupDigits } from './amounts';
import { toPrintable } from './printable';
import type { Moment } from './run-clock';
import type { U64Text, VersionText } from './update';
import type { HistoryRow, VersionRow } from './views';

/** Why an update is what it is, and what became of its callback: a sentence and a lifeline, from its record and its neighbours. */

export interface OtherVersion {
  readonly version: VersionText;
  readonly arrived: Moment;
}

/** The clock of a pending callback's run. */
export interface WaitingClock {
  readonly at: number;
  /** Run milliseconds per wall-clock millisecond. */
  readonly rate: number;
  /** `ended`: a virtual run has ended. `still`: it stands still until a person resumes it. */
  readonly state: 'moves' | 'paused' | 'ended' | 'still';
}

/** How an account stands among those of its type. */
export interface Standing {
  readonly accountType: string;
  /** How many accounts share first place. */
  readonly tied: number;
  /** One of the leaders: the account itself if it leads, otherwise the first by id. */
  readonly leader: string;
  /** The leader's tokens minus the account's; `0`: it leads. */
  readonly behind: U64Text;
}

/** The update is retracted. */
export interface DeadVersion {
  readonly slot: U64Text;
  /** The update came later. */
  readonly atArrival: boolean;
  /** It was the latest, and the account fell back to `back`; null: it has no other version. */
  readonly fellBack: boolean;
  readonly back: VersionText | null;
  /** There was one, and retention removed it. */
  readonly isBackRemoved: boolean;
}

/** The facts that the sentences are made of. */
export interface Why {
  readonly row: VersionRow;
  /** The version that was the latest when this one arrived; null if there was none, or if it was not found among the next 2,000. */
  readonly before: OtherVersion | null;
  /** The next version that became the latest after this one. */
  readonly next: OtherVersion | null;
  /** Its slot is dead; null: it is not. */
  readonly dead: DeadVersion | null;
  /** Null unless the callback is pending. */
  readonly clock: WaitingClock | null;
  /** All callbacks are paused. */
  readonly held: boolean;
  /** Null unless it is the account's latest version. */
  readonly standing: Standing | null;
}

/** A sentence; another version or account in it can be a link. */
export type SentencePart = string | { readonly version: VersionText } | { readonly id: string };
export type Sentence = readonly SentencePart[];

/** Writes a moment; what it writes is the same for all moments of one run. */
export type WriteMoment = (moment: Moment) => string;

/** The sentence as text, for a terminal. */
export const plainSentence = (sentence: Sentence): string =>
  sentence
    .map((part) =>
      typeof part === 'string' ? part : 'version' in part ? part.version : toPrintable(part.id),
    )
    .join('');

/** From `from` to `to`: on the run's clock if both are of one run, otherwise in wall time; null if neither is known. */
export function spanBetween(from: Moment, to: Moment): number | null {
  if (from.runId === to.runId) return to.at - from.at;
  return from.wallMs === null || to.wallMs === null ? null : to.wallMs - from.wallMs;
}

/** From due to settled, in wall-clock time as in the live log; on a virtual clock, in run time. */
export function latenessOf({ callbackDue: due, callbackSettled: settled }: HistoryRow): number {
  if (due === null || settled === null) return 0;
  if (due.wallMs === null || settled.wallMs === null) return settled.at - due.at;
  return settled.wallMs - due.wallMs;
}

/** What became of the update, and of its callback. */
export function explainUpdate(why: Why, write: WriteMoment): Sentence {
  const { row, dead } = why;
  const { retracted } = row;
  const at = (moment: Moment) =>
    moment.runId === row.runId ? write(moment) : `${write(moment)} of run ${groupDigits(moment.runId)}`;
  if (dead === null || retracted === null) return explainFate(why, at);
  if (dead.atArrival) {
    return [
      `Kept, and changes nothing: its slot ${groupDigits(dead.slot)} was declared dead at ${at(retracted)}.`,
    ];
  }
  return [...explainFate(why, at), ' ', ...explainDeath(dead, at(retracted))];
}

function explainDeath({ slot, fellBack, back, isBackRemoved }: DeadVersion, since: string): Sentence {
  const declared = `Its slot ${groupDigits(slot)} was declared dead at ${since}`;
  if (!fellBack) return [`${declared}.`];
  if (isBackRemoved)
    return [`${declared}; the latest fell back to a version that retention has removed since.`];
  if (back === null) return [`${declared}; nothing else is left of the account.`];
  return [`${declared}; the latest fell back to version `, { version: back }, '.'];
}

function explainFate(why: Why, at: WriteMoment): Sentence {
  const { row, before } = why;
  if (row.outcome === 'stale') return explainStale(row, before, at);
  const { callbackDue: due, callbackSettled: settled } = row;
  if (due === null) return ['It has no callback.'];
  if (settled === null) return [explainWaiting(due, why, at)];
  switch (row.settledHow) {
    case 'due': {
      const lateMs = latenessOf(row);
      return [
        lateMs < 1
          ? `Fired on time at ${at(settled)}.`
          : `Fired ${formatSpan(lateMs)} late at ${at(settled)}.`,
      ];
    }
    case 'fired by hand':
      return [`Fired by hand at ${at(settled)}${besideDue(settled, due)}.`];
    case 'cancelled by hand':
      return [`Did not fire: cancelled by hand at ${at(settled)}${besideDue(settled, due)}.`];
    case 'dead slot':
      return [
        `Did not fire: cancelled at ${at(settled)}${besideDue(settled, due)}, because its slot is dead.`,
      ];
    case 'skipped':
      return [`Skipped: it fell due at ${at(due)}, while Ingot was not running.`];
    default: {
      const rest = ` at ${at(settled)}${besideDue(settled, due)}.`;
      if (row.supersededBy === null) return [`Did not fire: cancelled by a newer version${rest}`];
      return ['Did not fire: cancelled by version ', { version: row.supersededBy }, rest];
    }
  }
}

function explainStale(row: HistoryRow, before: OtherVersion | null, at: WriteMoment): Sentence {
  if (before === null) return ['Stale: a newer version was there.'];
  const version = { version: before.version };
  const span = spanBetween(before.arrived, row.arrived);
  if (span === null) return ['Stale: version ', version, ` was there since ${at(before.arrived)}.`];
  return [
    'Stale: version ',
    version,
    span <= 0 ? ' was there already.' : ` was there ${formatSpan(span)} before.`,
  ];
}

/** `, 4.7 s before it was due` */
function besideDue(settled: Moment, due: Moment): string {
  const left = spanBetween(settled, due);
  if (left === null) return '';
  if (left === 0) return ', when it was due';
  return `, ${formatSpan(Math.abs(left))} ${left > 0 ? 'before' : 'after'} it was due`;
}

function explainWaiting(due: Moment, { clock, held }: Why, at: WriteMoment): string {
  if (clock === null) return `Waits: due at ${at(due)}.`;
  const left = due.at - clock.at;
  const span = formatSpan(Math.abs(left));
  switch (clock.state) {
    case 'ended':
      return `Waits, frozen: due at ${at(due)}, ${span} after the end of its virtual run. Fire or cancel it by hand.`;
    case 'still':
      return `Waits, frozen: due at ${at(due)}, but the clock of its run stands still ${span} before. Resume its callbacks in Runs.`;
    case 'paused':
      return `Waits: due at ${at(due)}, in ${span} of the run, which is paused.`;
    case 'moves':
      if (left <= 0) {
        const why = held ? ': all callbacks are paused' : '';
        return `Overdue: it was due at ${at(due)}, ${span} of the run ago, and has not fired${why}.`;
      }
      return `Waits: due at ${at(due)}, in ${span} of the run${held ? ', but all callbacks are paused' : ''}.`;
  }
}

/** Whether the account leads its type. */
export function explainStanding({ accountType, tied, leader, behind }: Standing): Sentence {
  const type = toPrintable(accountType);
  if (behind !== '0') {
    const more = ` ${tied === 1 ? 'has' : `and ${countOf(tied - 1, 'other')} have`} ${groupDigits(behind)} more.`;
    return [`Not the leader of ${type}: `, { id: leader }, more];
  }
  return [tied === 1 ? `Leader of ${type}.` : `Leader of ${type}, tied with ${countOf(tied - 1, 'other')}.`];
}

/** One event of the lifeline. */
export interface LifePoint {
  readonly kind: 'before' | 'arrived' | 'due' | 'fired' | 'cancelled' | 'superseded' | 'retracted';
  readonly moment: Moment;
  /** From arrival; negative before it, null if the two clocks cannot be compared. */
  readonly afterMs: number | null;
  /** The other version whose event it is. */
  readonly version: VersionText | null;
}

/** The events of an update's life, in their order: a stale one's begins with the version that was there. */
export function lifelineOf({ row, before, next }: Why): readonly LifePoint[] {
  const point = (kind: LifePoint['kind'], moment: Moment, version: VersionText | null = null): LifePoint => ({
    kind,
    moment,
    afterMs: spanBetween(row.arrived, moment),
    version,
  });
  const points = [point('arrived', row.arrived)];
  if (row.outcome === 'stale' && before !== null) {
    points.unshift(point('before', before.arrived, before.version));
  }
  if (row.callbackDue !== null) points.push(point('due', row.callbackDue));
  if (row.callbackSettled !== null) {
    const kind = row.callbackState === 'fired' ? 'fired' : 'cancelled';
    points.push(point(kind, row.callbackSettled, row.supersededBy));
  }
  if (row.retracted !== null) points.push(point('retracted', row.retracted));
  if (next !== null && next.version !== row.supersededBy)
    points.push(point('superseded', next.arrived, next.version));
  // Stable: what happened at one instant stays in this order.
  return points.toSorted((a, b) => (a.afterMs ?? Number.MAX_VALUE) - (b.afterMs ?? Number.MAX_VALUE));
}
