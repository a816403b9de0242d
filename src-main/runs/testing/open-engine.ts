import type { EngineEvent } from '../../../src-shared/feed';
import type { Overdue } from '../../../src-shared/run-settings';
import type { Database } from '../../database/database';
import type { Clock } from '../../time/clock';
import { createEngine } from '../engine';
import type { Engine } from '../interface';
import { silentLogger } from './play-run';

/** A valid update, with changes. */
export const update = (id: string, version: number, changes: object = {}) => ({
  id,
  accountType: 'mint',
  tokens: '5',
  version: String(version),
  data: '{}',
  callbackTimeMs: 1000,
  ...changes,
});

/** An engine that stays open, and all of its events. */
export async function openEngine(database: Database, clock: Clock, overdue: Overdue = 'fire') {
  const engine = await createEngine({ database, clock, logger: silentLogger, overdue });
  const events: EngineEvent[] = [];
  engine.subscribe((published) => events.push(...published));
  return { engine, events };
}

/** Resolves with the first matching event. */
export function untilEvent(engine: Engine, fits: (event: EngineEvent) => boolean): Promise<EngineEvent> {
  return new Promise((resolve) => {
    const end = engine.subscribe((events) => {
      const found = events.find(fits);
      if (!found) return;
      end();
      resolve(found);
    });
  });
}
