import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { update } from '../runs/testing/open-engine';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { fire, openTestDeliveries, type TestDeliveries, webhook } from './testing/open-test-deliveries';
import { accept, answer, openReceiver } from './testing/receiver';

const MOST_ATTEMPTS = 3;

/** How often each callback of a run is refused before it is taken. The first attempt may get no answer; null: a newer version cancels it. */
const arbitraryCallbacks = fc.array(
  fc.constantFrom<number | 'hangs' | null>(0, 0, 1, 2, MOST_ATTEMPTS, 2 * MOST_ATTEMPTS, 'hangs', null),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const arbitraryStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ fire: arbitraryCallbacks, deliver: fc.constantFrom(true, true, false) }),
  },
  { weight: 3, arbitrary: fc.constantFrom('crash', 'work', 'work' as const) },
  { weight: 2, arbitrary: fc.record({ passMs: fc.constantFrom(0, 1_000, 4_000) }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('reopen', 'resend', 'disarm', 'arm now', 'arm where it stopped' as const),
  },
);

describeOnEachDatabase('the cursor of a target', (empty) => {
  it('loses no callback that it owes, and sends no other, whatever fails and whenever the process ends', async () => {
    const database = await empty();
    const clock = createVirtualClock();
    /** By its event's id. */
    const refusals = new Map<string, number>();
    const hanging = new Set<string>();
    const changed: string[] = [];
    const bodies = new Map<string, string>();
    const taken = new Set<string>();
    const receiver = await openReceiver((response, number, request) => {
      const { body, event } = request;
      // What is sent again is the same event.
      if ((bodies.get(event.id) ?? body) !== body) changed.push(event.id);
      bodies.set(event.id, body);
      if (hanging.delete(event.id)) return;
      const left = refusals.get(event.id) ?? 0;
      refusals.set(event.id, left - 1);
      if (left <= 0) taken.add(event.id);
      (left > 0 ? answer(500) : accept)(response, number, request);
    });
    let turn = 0;

    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryStep, { minLength: 4, maxLength: 14, size: 'max' }),
        async (steps) => {
          turn += 1;
          let count = 0;
          const target = `target-${turn}`;
          const owed = new Set<string>();
          const others = new Set<string>();
          let isGone = { now: false };
          const open = (): Promise<TestDeliveries> => {
            const gone = { now: false };
            isGone = gone;
            const cut: Database = {
              ...database,
              query: (statement, values) =>
                gone.now
                  ? Promise.reject(new Error('the process has ended'))
                  : database.query(statement, values),
            };
            return openTestDeliveries(cut, clock);
          };
          const pass = async (ms: number) => {
            const until = clock.now() + ms;
            while (clock.now() < until) {
              await setImmediate();
              await clock.waitUntil(clock.now() + 100);
            }
          };
          let deliveries = await open();
          await deliveries.add(
            target,
            webhook(receiver.url, { concurrency: 2, timeoutSeconds: 600, maxAttempts: MOST_ATTEMPTS }),
          );
          await deliveries.arm(target, 'now');
          try {
            let armed = true;
            for (const step of steps) {
              if (step === 'crash' || step === 'reopen') {
                if (step === 'crash') isGone.now = true;
                else await deliveries.close();
                deliveries = await open();
              } else if (step === 'disarm') {
                await deliveries.disarm(target);
                armed = false;
              } else if (step === 'arm now' || step === 'arm where it stopped') {
                await deliveries.arm(target, step === 'arm now' ? 'now' : 'where it stopped');
                armed = true;
                if (step === 'arm now') owed.clear();
              } else if (step === 'resend') {
                if (!armed) continue;
                for (const { id, version } of await rowsOf(deliveries, target, 'dead'))
                  owed.add(`${id}:${version}`);
                await deliveries.resend(target, null);
              } else if (step === 'work') {
                let before = -1;
                while (before !== deliveries.attempts.length + receiver.received.length) {
                  before = deliveries.attempts.length + receiver.received.length;
                  for (let n = 0; n < 5; n += 1) await deliveries.figures();
                }
              } else if ('passMs' in step) await pass(step.passMs);
              else {
                const updates = step.fire.flatMap((refused) => {
                  count += 1;
                  const id = `${turn}-${count}`;
                  const first = `${id}:1`;
                  if (refused === 'hangs') hanging.add(first);
                  else refusals.set(first, refused ?? 0);
                  (step.deliver && refused !== null ? owed : others).add(first);
                  if (refused !== null) return [update(id, 1, { callbackTimeMs: 0 })];
                  (step.deliver ? owed : others).add(`${id}:2`);
                  return [update(id, 1, { callbackTimeMs: 60_000 }), update(id, 2, { callbackTimeMs: 0 })];
                });
                await fire(database, updates as never, { deliver: step.deliver });
                deliveries.hear([{ event: 'fired' }] as never);
              }
            }
            if (!armed) await deliveries.arm(target, 'where it stopped');
            let isDone = false;
            const done = deliveries.drain(new AbortController().signal).then(() => {
              isDone = true;
            });
            while (!isDone) await pass(100);
            await done;

            const states = new Map(
              (await rowsOf(deliveries, target, null)).map(({ id, version, state }) => [
                `${id}:${version}`,
                state,
              ]),
            );
            for (const id of owed)
              expect([id, states.get(id)]).toEqual([id, taken.has(id) ? 'delivered' : 'dead']);
            for (const [id, state] of states) {
              if (state === 'delivered') expect([id, taken.has(id)]).toEqual([id, true]);
            }
            for (const id of others) expect([id, bodies.has(id)]).toEqual([id, false]);
            expect(changed).toEqual([]);
          } finally {
            await deliveries.remove(target);
            await deliveries.close();
          }
        },
      ),
      { numRuns: 10 },
    );
  });
});

async function rowsOf(deliveries: TestDeliveries, target: string, state: 'dead' | null) {
  return (await deliveries.page({ target, state, limit: 200 })).rows;
}
