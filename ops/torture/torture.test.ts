import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkshop, type Workshop } from './run-scenarios';
import { scenarios } from './scenarios';

const ROOT = join(import.meta.dirname, '../..');
/** To catch a hang: each case starts many programs. */
const LONGEST_CASE_MS = 300_000;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop(ROOT);
});
afterAll(() => workshop.close());

// The short form of `npm run torture`; docs/reliability.md has the results of the long one.
describe.concurrent('nothing acknowledged is lost, no callback fires early or twice, and it goes on after', () => {
  for (const scenario of scenarios) {
    const obstacle = scenario.obstacle?.() ?? null;
    it.skipIf(obstacle !== null).each([...Array(scenario.cases.short).keys()])(
      `${scenario.fault}${obstacle === null ? '' : ` (${obstacle})`}: case %i`,
      async (index) => {
        const { breaches } = await workshop.runCase(scenario, index, { size: 'short', seed: 1 });
        expect(breaches).toEqual([]);
      },
      LONGEST_CASE_MS,
    );
  }
});
