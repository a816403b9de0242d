import { expect, it } from 'vitest';
import type { SourcePreview } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { Reading, SourceReading } from '../../src-shared/mapping';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { createManualClock } from '../clock-for-tests';
import type { Client } from '../transport/client';
import { createStaging } from './staging';

const CHOICE = { source: { kind: 'sample' }, name: 'a.json' } as const;
const GUESS = { name: 'guess', fields: { id: 'key' } } as unknown as SourceReading['mapping'];
const KNOWN = { name: 'known', title: 'Known', url: null };
const preview = (reading: Partial<SourceReading> | null) => ({ name: 'a.json', reading }) as SourcePreview;
const settled = () => new Promise(setImmediate);

/** Its host answers each preview by `answer`, and counts nothing. */
function openStaging(answer: (read: Reading) => SourcePreview) {
  const clock = createManualClock();
  const previews: Reading[] = [];
  const started: unknown[] = [];
  const call = async (name: string, params: never) => {
    if (name === 'source.preview') {
      previews.push(params);
      return answer(params);
    }
    if (name === 'run.start') {
      started.push(params);
      return {};
    }
    throw new IngotError('not_found', 'not counted');
  };
  const client = { call } as unknown as Client;
  const send = () => Promise.reject(new Error('nothing is sent'));
  const fail = (error: unknown) => {
    throw error;
  };
  const staging = createStaging(client, clock, send, () => false, fail, fail);
  const ready = () => {
    const now = staging.store.getState();
    if (now.phase !== 'ready') throw new Error(`It is ${now.phase}.`);
    return now;
  };
  return { staging, clock, previews, started, ready };
}

it('reads again once after several changes, and cannot be started meanwhile', async () => {
  const { staging, clock, previews, started, ready } = openStaging(() => preview({}));
  await staging.openSource(CHOICE);
  staging.changeReading({ answers: { slot: '1' } });
  clock.advance(100);
  staging.changeReading({ answers: { slot: '12' } });
  staging.changeReading({ tokens: 'supply' });
  expect(ready().isBehind).toBe(true);
  expect(await staging.start(runSettingsSchema.parse({}), false)).toBeNull();
  clock.advance(1000);
  await settled();
  expect(previews).toHaveLength(2);
  expect(previews[1]).toMatchObject({ answers: { slot: '12' }, tokens: 'supply' });
  expect(ready().isBehind).toBe(false);
  expect(started).toEqual([]);
  await staging.start(runSettingsSchema.parse({}), false);
  expect(started).toMatchObject([{ settings: { tokens: 'supply', answers: { slot: '12' } } }]);
});

it('keeps the preview before if a source cannot be read in the way that was chosen', async () => {
  const { staging, clock, ready } = openStaging(({ mapping }) => {
    if (mapping !== null) throw new IngotError('source_unreadable', 'There is no list at a.b.');
    return preview({});
  });
  await staging.openSource(CHOICE);
  staging.changeReading({ mapping: 'other' });
  clock.advance(1000);
  await settled();
  expect(ready()).toMatchObject({ isBehind: false, refused: { message: 'There is no list at a.b.' } });
  expect(ready().preview.name).toBe('a.json');
  staging.changeReading({ mapping: null });
  clock.advance(1000);
  await settled();
  expect(ready().refused).toBeNull();
});

it('what was guessed is read by the guess, and its run states it', async () => {
  const { staging, started, ready } = openStaging(({ mapping }) =>
    preview(mapping === null ? { format: null, mapping: GUESS } : { format: KNOWN, mapping: GUESS }),
  );
  await staging.openSource(CHOICE);
  expect(ready().preview.reading?.format).toEqual(KNOWN);
  await staging.start(runSettingsSchema.parse({}), false);
  expect(started).toMatchObject([{ settings: { mapping: GUESS } }]);
});

it('a run of a recognised source, or of updates of our own, names no mapping', async () => {
  for (const reading of [{ format: KNOWN }, null]) {
    const { staging, started } = openStaging(() => preview(reading));
    await staging.openSource(CHOICE);
    await staging.start(runSettingsSchema.parse({}), false);
    expect(started).toMatchObject([{ settings: { mapping: null } }]);
  }
});
