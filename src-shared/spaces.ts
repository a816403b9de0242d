import { z } from 'zod';
import type { EpochMs } from './update';

/** What holds everything that is in no space of its own. */
export const MAIN_SPACE = 'main';

export const spaceNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, {
    message: 'must be up to 40 lower-case letters, digits and underscores, a letter first',
  })
  .refine((name) => name !== MAIN_SPACE, { message: 'must not be main, which is there already' });

/** A schema of its own in the same database. */
export interface SpaceInfo {
  readonly name: string;
  readonly runs: number;
  readonly updates: number;
  readonly sizeBytes: number;
  /** Of its first run; null: it has none. */
  readonly source: string | null;
  readonly madeAtMs: EpochMs;
}
