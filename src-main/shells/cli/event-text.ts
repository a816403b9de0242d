import type pc from 'picocolors';
import { countOf } from '../../../src-shared/amounts';
import { connectionNews, gapNews } from '../../../src-shared/connections';
import type { RunEvent } from '../../../src-shared/events';
import type { EngineEvent } from '../../../src-shared/feed';
import { cutId, toPrintable, toPrintableText } from '../../../src-shared/printable';
import { formatRunTime, type Moment } from '../../../src-shared/run-clock';

export type Colors = ReturnType<typeof pc.createColors>;

export interface TextStyle {
  readonly colors: Colors;
  /** Shorten ids to fit a terminal; whole, they can be searched for. */
  readonly shortIds: boolean;
  /** The run whose lines these are: what is of another one says so. */
  readonly underWay: string | null;
}

/** The widest word of an event, `cancelled` and `duplicate`. */
const WORD_WIDTH = 9;
/** Whole base58 ids have 32 to 44 signs. */
const ID_WIDTH = 44;
const SHORT_ID_WIDTH = 12;

/** One event as one short line for a person; undefined for those that have a place of their own. */
export function formatEventText(event: EngineEvent, style: TextStyle): string | undefined {
  const { colors } = style;
  const compose = ({ runId, at }: Moment, word: string, rest: string) => {
    const of = runId === style.underWay ? '' : colors.dim(`  of run ${runId}`);
    return `${`${colors.dim(formatRunTime(at))}  ${word}  ${rest}`.trimEnd()}${of}`;
  };
  const word = (name: string) => name.padEnd(WORD_WIDTH);
  const id = (text: string) =>
    style.shortIds ? cutId(text).padEnd(SHORT_ID_WIDTH) : toPrintable(text).padEnd(ID_WIDTH);
  const holding = (accountType: string, tokens: string) =>
    `${toPrintable(accountType)}, ${tokens} ${tokens === '1' ? 'token' : 'tokens'}`;
  const version = (text: string) => `v${text}`.padEnd(4);

  switch (event.event) {
    case 'indexed':
      return compose(
        event,
        colors.blue(word('indexed')),
        `${id(event.id)}  ${version(event.version)}  ${holding(event.accountType, event.tokens)}`,
      );
    case 'stale':
      return compose(
        event,
        colors.dim(word('stale')),
        `${id(event.id)}  ${version(event.version)}  ${event.latest === null ? 'its slot is dead' : `latest is v${event.latest}`}`,
      );
    case 'duplicate':
      return compose(event, colors.dim(word('duplicate')), `${id(event.id)}  ${version(event.version)}`);
    case 'conflict':
      return compose(
        event,
        colors.magenta(word('conflict')),
        `${id(event.id)}  ${version(event.version)}  other content than before: kept the first`,
      );
    case 'rejected':
      return compose(
        event,
        colors.red(word('rejected')),
        `record ${event.record}: ${toPrintableText(event.reason)}`,
      );
    case 'cancelled':
      return compose(
        event,
        colors.yellow(word('cancelled')),
        `${id(event.id)}  ${version(event.version)}  ${cancelledBy(event)}`,
      );
    case 'retracted':
      return compose(
        event,
        colors.red(word('retracted')),
        `slot ${event.slot} is dead: ${countOf(event.accounts, 'account')} fell back`,
      );
    case 'fired':
      return compose(
        event,
        colors.green(word('fired')),
        `${id(event.id)}  ${version(event.version)}  ${event.late ? 'late, ' : ''}${holding(event.account.accountType, event.account.tokens)}`,
      );
    case 'connection':
      return colors.bold(toPrintableText(connectionNews(event.status)));
    case 'gap':
      return colors.red(toPrintableText(gapNews(event.range)));
    case 'notice':
      return colors.bold(toPrintableText(event.message));
    case 'report':
    case 'summary':
    case 'run':
    case 'database':
    case 'retention':
      return undefined;
  }
}

function cancelledBy({ supersededBy, skipped, deadSlot }: Extract<RunEvent, { event: 'cancelled' }>): string {
  if (supersededBy !== null) return `superseded by v${supersededBy}`;
  if (deadSlot !== undefined) return 'its slot is dead';
  return skipped ? 'skipped (overdue)' : 'by hand';
}
