import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { Clock } from '../../time/clock';
import type { LiveReading } from '../to-update';
import type { LiveSource } from './live-source';

export interface LiveSourceDeps {
  readonly clock: Clock;
  /** The secret that the connection names; null: it names none. In no message and no log. */
  readonly secret: string | null;
  /** Of sources of lines: what a line is. */
  readonly reading: LiveReading;
}

/**
 * The live source of a connection, which has not connected yet.
 * @throws IngotError `invalid_input` for a kind that this shell cannot open.
 */
export async function openLiveSource(
  connection: Connection,
  { clock, secret, reading }: LiveSourceDeps,
): Promise<LiveSource> {
  switch (connection.kind) {
    case 'rpc': {
      const { createRpcSource } = await import('./rpc');
      return createRpcSource(connection, { clock, secret });
    }
    case 'follow': {
      const { createFollowSource } = await import('./follow');
      return createFollowSource(connection.path, reading, clock);
    }
    case 'redis': {
      const { createRedisSource } = await import('./redis-source');
      return createRedisSource({ connection, secret, reading });
    }
    case 'yellowstone': {
      const { createYellowstoneSource } = await import('../yellowstone/yellowstone-source');
      return createYellowstoneSource({ connection, secret, clock });
    }
    default:
      throw new IngotError(
        'invalid_input',
        `A connection of the kind ${connection.kind} cannot be opened here.`,
      );
  }
}
