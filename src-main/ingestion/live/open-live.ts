import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { Clock } from '../../time/clock';
import type { LiveSource } from './live-source';

export interface LiveSourceDeps {
  readonly clock: Clock;
  /** The secret that the connection names; null: it names none. In no message and no log. */
  readonly secret: string | null;
}

/**
 * The live source of a connection, which has not connected yet.
 * @throws IngotError `invalid_input` for a kind that this shell cannot open.
 */
export async function openLiveSource(connection: Connection, { clock }: LiveSourceDeps): Promise<LiveSource> {
  switch (connection.kind) {
    case 'follow': {
      const { createFollowSource } = await import('./follow');
      return createFollowSource(connection.path, clock);
    }
    default:
      throw new IngotError(
        'invalid_input',
        `A connection of the kind ${connection.kind} cannot be opened here.`,
      );
  }
}
