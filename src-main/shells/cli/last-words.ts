import { groupDigits } from '../../../src-shared/amounts';
import type { RunCounts, RunEvent, RunStatus } from '../../../src-shared/events';
import type { RejectRow } from '../../../src-shared/views';
import type { LoadedSettings } from '../../settings/load-settings';
import { composeCommand, quoteWord } from './command';

/** How a run ended, as far as a person at the command line is concerned. */
export interface LastWords {
  readonly status: RunStatus;
  readonly inMemory: boolean;
  /** Where the database is. */
  readonly location: string;
  /** Whether earlier runs had brought nearly all of its records. */
  readonly knewNearlyAll: boolean;
  /** The command that empties this database. */
  readonly resetCommand: string;
  /** The command that goes on with this run; null: it cannot be resumed. */
  readonly resumeCommand: string | null;
  /** By a signal, before its time. */
  readonly interrupted: boolean;
  /** Why nearly nothing of its source was taken; null: that is not so. */
  readonly rejection: string | null;
  /** What showed of the source after its beginning. */
  readonly notes: readonly string[];
  /** Where to see what the report does not name; null: it names all. */
  readonly cutReport: string | null;
}

/** What a person should know beside the report, a sentence or two each; none if all went as it should. */
export function composeLastWords(end: LastWords): string[] {
  const { status, inMemory, location, resetCommand, resumeCommand, interrupted } = end;
  const words: string[] = [...end.notes];
  const { pending } = status.counts;
  if (interrupted) words.push('Interrupted: stopped reading, and the report shows what was done so far.');
  if (end.cutReport !== null) words.push(end.cutReport);
  if (pending > 0) words.push(describePending(status, inMemory ? null : location));
  if (!inMemory && end.knewNearlyAll) {
    words.push(
      `Nearly every record was known already: ${location} keeps what earlier runs brought. ` +
        `To start afresh: ${resetCommand}`,
    );
  }
  if (end.rejection !== null) words.push(end.rejection);
  if (status.failure !== null) {
    words.push(
      `${status.state === 'interrupted' ? 'The run was cut off.' : 'The run failed.'} ${status.failure}`,
    );
  }
  // A run that failed would mostly fail again where it did.
  if (resumeCommand !== null && (status.state === 'stopped' || status.state === 'interrupted')) {
    words.push(`To go on from there: ${resumeCommand}`);
  }
  return words;
}

function describePending({ counts: { pending }, simulated }: RunStatus, location: string | null): string {
  const one = pending === 1;
  const waiting = `${groupDigits(pending)} ${one ? 'callback is' : 'callbacks are'} still pending`;
  if (location === null) return `${waiting}, and ${one ? 'is' : 'are'} lost now: --memory keeps nothing.`;
  const them = one ? 'it' : 'them';
  return simulated
    ? `${waiting} in ${location}, frozen: a person fires or cancels ${them}, in the window.`
    : `${waiting} in ${location}: the next run takes ${them} up.`;
}

/** Where to see what the report does not name; null if it names all. */
export function describeCutReport(
  { types, moreTypes }: Extract<RunEvent, { event: 'report' }>,
  loaded: LoadedSettings,
): string | null {
  const last = types.at(-1)?.accountType;
  if (moreTypes && last !== undefined) {
    return `There are more account types. To see them: ${composeCommand(loaded, 'report', `--after=${quoteWord(last)}`)}`;
  }
  const cut = types.find(({ tied, leaders }) => tied > leaders.length)?.accountType;
  if (cut === undefined) return null;
  return `Not all accounts of a tie are named. To see them: ${composeCommand(loaded, 'report', `--type=${quoteWord(cut)}`)}`;
}

/** More than nine in ten records were rejected. */
export function rejectedNearlyAll({ records, rejected }: RunCounts): boolean {
  return rejected > 0.9 * records;
}

/** A run that read its source to the end and took nothing of it. An empty source has nothing to reject. */
export function rejectedAll({ state, counts: { records, rejected } }: RunStatus): boolean {
  return state === 'completed' && records > 0 && rejected === records;
}

export function describeRejection({ records, rejected }: RunCounts, first: RejectRow): string {
  const all = rejected === records ? 'Every record' : 'Nearly every record';
  return `${all} was rejected, the first of them, record ${groupDigits(first.record)}, for "${first.reason}".`;
}
