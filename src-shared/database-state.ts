import { z } from 'zod';
import { type DatabaseTrouble, IngotError } from './errors';
import type { EpochMs } from './update';

/** The state of the database: what a window shows in place of everything, or over it. */
export type DatabaseState =
  | {
      readonly phase: 'open';
      readonly setback: Setback | null;
      /** It was opened read-only; left out: this Ingot holds it. */
      readonly readOnly?: {
        /** Null: no Ingot holds it now. */
        readonly heldBy: Holder | null;
      };
    }
  /** Being opened, for the first time or again; `lost` says why again. */
  | { readonly phase: 'opening'; readonly lost: string | null }
  /** A backup is being restored, or everything removed: there is nothing to read until that is done. */
  | { readonly phase: 'replacing'; readonly change: 'reset' | 'restored' }
  /** Ingot is about to end. */
  | { readonly phase: 'closed' }
  /** It cannot be opened, and waits for a person. Nothing of it was touched. */
  | { readonly phase: 'trouble'; readonly trouble: OpeningTrouble };

export interface Holder {
  /** The program, its process and host, for a person. */
  readonly name: string;
  readonly sinceMs: EpochMs;
}

/** Why nothing can be changed in a database that was opened read-only, as a greyed button says it. */
export const READ_ONLY = 'This window only looks on: the database was opened read-only';

/** The same of a database as it is; null if it can be changed. */
export const whyReadOnly = (state: DatabaseState | null): string | null =>
  state?.phase === 'open' && state.readOnly ? READ_ONLY : null;

/** What every call answers that would change such a database. */
export const readOnlyRefusal = (): IngotError =>
  new IngotError('conflict', `${READ_ONLY}.`, {
    hint: 'Close the Ingot that holds the database, then start this one without --read-only.',
  });

/** What hinders it: `unreachable` is a server that does not answer, or whatever else came between. */
export type TroubleKind = DatabaseTrouble | 'disk_full' | 'unreachable';

export interface OpeningTrouble {
  readonly kind: TroubleKind;
  /** What is wrong, for a person, with whom or what it concerns. */
  readonly message: string;
  readonly hint: string | null;
  /** The directory that cannot be opened; null for a server, and in memory. */
  readonly dataDir: string | null;
  readonly sinceMs: EpochMs;
  /** Whether the directory can be copied aside and begun anew: not while it is another program's. */
  readonly canStartAfresh: boolean;
}

/** A directory by its whole path, as a person typed or chose it. */
export const directoryPathSchema = z.string().min(1).max(4096);

/** What the database had acknowledged and came back without, after a power cut for instance. */
export interface Setback {
  /** Updates that are gone, a decimal; null if it is of an earlier life, before a reset or restore. */
  readonly missingUpdates: string | null;
  readonly missingRuns: number;
  /** When it last had them all. */
  readonly acknowledgedAtMs: EpochMs;
}
