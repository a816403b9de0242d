import type { U64Text } from './update';

/*
 * Places on the chain as the window needs them at once; `instant.ts` reads every kind of instant.
 */

/** A place on the chain that was found. */
export interface ChainCut {
  readonly slot: U64Text;
  /** The last write version that counts; null: the whole slot does. */
  readonly writeVersion: U64Text | null;
  /** Null: a slot was asked for. */
  readonly transaction: {
    readonly side: 'after' | 'before';
    readonly signature: string;
    /** False: its source has no write versions, so only whole slots are told apart. */
    readonly isExact: boolean;
  } | null;
}

/** `slot:`, `after:` or `before:` with what it names, and the instant after a comma. */
export const CHAIN = /^(slot|after|before):([^,\s]+)(?:,(.+))?$/;

/** The instant `known`, with the place on the chain that `text` names. */
export function withKnown(text: string | null, known: string): string {
  const [, word, named] = CHAIN.exec(text?.trim() ?? '') ?? [];
  return word === undefined ? known : `${word}:${named},${known}`;
}

/** A place on the chain, known when `text` says; null: it says nothing. */
export function withPlace(text: string | null, place: string): string {
  const onChain = CHAIN.exec(text?.trim() ?? '');
  const known = onChain ? onChain[3] : text;
  return known == null ? place : `${place},${known}`;
}

/** What was looked up as known now, named so that it is the same whenever it is looked up again. */
export function lasting(
  text: string,
  { cut, runId, wallMs }: { cut: ChainCut | null; runId: string | null; wallMs: number | null },
): string {
  if (runId !== null || wallMs === null || (cut === null && text.trim() !== 'now')) return text;
  return withKnown(text, new Date(wallMs).toISOString());
}

/** `slot 250123456`, or the place in a slot that a transaction names. */
export function describeCut({ slot, writeVersion, transaction }: ChainCut): string {
  if (transaction === null) return `slot ${slot}`;
  const { side, signature, isExact } = transaction;
  const place =
    writeVersion === null ? `the end of slot ${slot}` : `slot ${slot}, up to write version ${writeVersion}`;
  const why = isExact ? '' : ', whose source has no write versions';
  return `${place}, ${side} transaction ${signature.slice(0, 4)}…${signature.slice(-4)}${why}`;
}

/** Both axes. @param knownAt `12:00:05`. */
export const describeBothAxes = (cut: ChainCut, knownAt: string): string =>
  `as of ${describeCut(cut)}, as known at ${knownAt}`;
