import { onTestFinished } from 'vitest';
import { type TargetSettings, targetSettingsSchema } from '../../../src-shared/deliveries';
import type { EngineEvent } from '../../../src-shared/feed';
import type { Update } from '../../../src-shared/update';
import type { Database } from '../../database/database';
import { memorySource } from '../../ingestion/testing/memory-source';
import { update } from '../../runs/testing/open-engine';
import { playRun, silentLogger, simulated } from '../../runs/testing/play-run';
import type { Clock } from '../../time/clock';
import { type Deliveries, openDeliveries } from '../deliveries';
import type { Attempted } from '../sql/deliveries';

export const SECRET = `whsec_${Buffer.from('a key of thirty-two bytes, or so').toString('base64')}`;

export const webhook = (url: string, changes: object = {}): TargetSettings =>
  targetSettingsSchema.parse({ kind: 'webhook', url, allowPrivate: true, ...changes });

export interface TestDeliveries extends Deliveries {
  readonly attempts: readonly Pick<Attempted, 'state' | 'error'>[];
  readonly events: readonly EngineEvent[];
  /** Resolves once so many attempts have been saved in all. */
  attempted(count: number): Promise<void>;
}

export async function openTestDeliveries(
  database: Database,
  clock: Clock,
  random: () => number = () => 0,
): Promise<TestDeliveries> {
  const attempts: Pick<Attempted, 'state' | 'error'>[] = [];
  const events: EngineEvent[] = [];
  const waiting = new Set<() => void>();
  const deliveries = await openDeliveries({
    database,
    clock,
    logger: silentLogger,
    random,
    mode: 'send',
    secretOf: async (name) => (name === 'TEST' ? SECRET : null),
    publish: (published) => events.push(...published),
    attempted(saved) {
      for (const one of saved) attempts.push(one);
      for (const wake of [...waiting]) wake();
    },
  });
  onTestFinished(() => deliveries.close());
  return {
    ...deliveries,
    attempts,
    events,
    attempted: (count) =>
      new Promise((resolve) => {
        const wake = () => {
          if (attempts.length < count) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        wake();
      }),
  };
}

/** Plays a run whose callbacks all fire. */
export async function fire(
  database: Database,
  updates: readonly Update[],
  { deliver = true }: { deliver?: boolean } = {},
): Promise<string> {
  const { status } = await playRun(database, memorySource(updates), simulated({ arrival: 'none', deliver }));
  return status.runId;
}

export const accounts = (count: number, changes: object = {}): readonly Update[] =>
  Array.from({ length: count }, (_, n) => update(`account-${n}`, 1, changes) as Update);
