import { z } from 'zod';
import { type DatabaseTrouble, IngotError } from './errors';
import type { EpochMs } from './update';

export type DatabaseState =
  | {
      readonly phase: 'open';
      readonly setback: Setback | null;
      /** Present if the database was opened read-only. */
      readonly readOnly?: {
        /** Null: no Ingot holds it now. */
        readonly heldBy: Holder | null;
      };
      /** The name of the space that is open; absent: main. */
      readonly space?: string;
    }
  /** `lost`: why it is being opened again; null on the first opening. */
  | { readonly phase: 'opening'; readonly lost: string | null }
  /** A restore or reset is under way, or another space is being entered. Nothing can be read until it ends. */
  | { readonly phase: 'replacing'; readonly change: 'reset' | 'restored' | 'entered' }
  | { readonly phase: 'closed' }
  /** It cannot be opened and waits for a person. Nothing in it was changed. */
  | { readonly phase: 'trouble'; readonly trouble: OpeningTrouble };

export interface Holder {
  /** Program, process and host, for a person. */
  readonly name: string;
  readonly sinceMs: EpochMs;
}

/** Shown on disabled buttons. */
const READ_ONLY = 'This window is read-only: it changes nothing';

export const whyReadOnly = (state: DatabaseState | null): string | null =>
  state?.phase === 'open' && state.readOnly ? READ_ONLY : null;

/** The answer to every call that would change a read-only database. */
export const readOnlyRefusal = (): IngotError =>
  new IngotError('conflict', `${READ_ONLY}.`, {
    hint: 'Close the Ingot that holds the database, then start this one without --read-only.',
  });

/** `unreachable`: a server that does not answer, and every cause without a kind of its own. */
export type TroubleKind = DatabaseTrouble | 'disk_full' | 'unreachable';

export interface OpeningTrouble {
  readonly kind: TroubleKind;
  readonly message: string;
  readonly hint: string | null;
  /** Null for a server, and in memory. */
  readonly dataDir: string | null;
  readonly sinceMs: EpochMs;
  /** The directory can be moved aside and replaced by an empty one. False while another program holds it. */
  readonly canStartAfresh: boolean;
}

export const directoryPathSchema = z.string().min(1).max(4096);

/** Acknowledged updates that were missing after reopening, for example after a power cut. */
export interface Setback {
  /** A decimal; null if the mark dates from before a reset or restore. */
  readonly missingUpdates: string | null;
  readonly missingRuns: number;
  /** When they were last known to be complete. */
  readonly acknowledgedAtMs: EpochMs;
}
