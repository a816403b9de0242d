import { expect, it } from 'vitest';
import { connectionSchema } from '../../src-shared/connections';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { openGeyserServer } from '../ingestion/yellowstone/testing/geyser-server';
import {
  createYellowstoneSource,
  type YellowstoneSourceOptions,
} from '../ingestion/yellowstone/yellowstone-source';
import { createHurriedClock, toRecord } from './testing/live-server';
import { openEngine } from './testing/open-engine';

const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
const slots: Statement = {
  name: 'test_slots',
  deadline: 'read',
  text: 'SELECT slot, count(*)::int AS updates FROM account_updates GROUP BY slot ORDER BY slot',
};
const gaps: Statement = {
  name: 'test_gaps',
  deadline: 'read',
  text: `SELECT from_slot, to_slot FROM slot_coverage WHERE kind = 'gap' ORDER BY number`,
};

describeOnEachDatabase('a Yellowstone stream whose server forgets', (empty) => {
  it('is killed a hundred times in mid-stream: nothing is stored twice, and the gaps are exactly what was lost', async () => {
    const db = await empty();
    const clock = createHurriedClock();
    const { engine } = await openEngine(db, clock);
    const server = await openGeyserServer({ remembers: 3 });
    const connection = connectionSchema.parse({
      kind: 'yellowstone',
      address: server.address,
    }) as YellowstoneSourceOptions['connection'];
    const source = createYellowstoneSource({ connection, secret: null, clock });
    const open = await engine.connect({ source, connection, settings, toRecord });
    const untilStored = async (slot: number) => {
      while (open.status().confirmedSlot !== String(slot)) {
        if (open.status().state === 'ended') throw new Error(open.status().run.failure ?? 'it ended');
        await clock.breathe();
      }
    };
    await server.untilStreams(1);
    server.produce(1);
    const expected: string[] = [];
    for (let kill = 1; kill <= 100; kill++) {
      server.produce(1 + (kill % 3));
      await untilStored(server.head());
      // The first half of a slot is on its way when the server dies.
      server.begin();
      server.kill();
      const last = server.head();
      server.produce(kill % 6);
      const oldest = server.head() - 2;
      if (oldest > last + 1) expected.push(`${last + 1}-${oldest - 1}`);
      await server.start();
      await server.untilConnected();
    }
    server.produce(1);
    await untilStored(server.head());
    const { run, losses } = await open.disconnect();
    const listed = (await db.query<{ from_slot: string; to_slot: string }>(gaps)).rows;
    expect(listed.map(({ from_slot, to_slot }) => `${from_slot}-${to_slot}`)).toEqual(expected);
    const lost = new Set(
      expected.flatMap((range) => {
        const [from = 0, to = 0] = range.split('-').map(Number);
        return Array.from({ length: to - from + 1 }, (_, index) => from + index);
      }),
    );
    const stored = (await db.query<{ slot: string; updates: number }>(slots)).rows;
    const whole = stored.filter(({ updates }) => updates === 2).map(({ slot }) => Number(slot));
    const all = Array.from({ length: server.head() }, (_, index) => index + 1);
    expect(whole).toEqual(all.filter((slot) => !lost.has(slot)));
    expect(run.counts.conflict).toBe(0);
    expect(losses).toBeGreaterThanOrEqual(100);
    await engine.close();
    server.close();
  });
});
