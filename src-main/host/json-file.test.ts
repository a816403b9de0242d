import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openJsonFile } from './json-file';
import { recordingLogger } from './testing/recording-logger';

const schema = z.object({ size: z.number() });

describe('a file of preferences', () => {
  let directory: string;
  let path: string;
  const open = () => openJsonFile(path, schema, { size: 0 }, recordingLogger().logger);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ingot-json-'));
    path = join(directory, 'deep/preferences.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is its fallback until something is written', async () => {
    expect(await open().read()).toEqual({ size: 0 });
  });

  it('is there again when it is reopened', async () => {
    await open().write({ size: 7 });
    expect(await open().read()).toEqual({ size: 7 });
    expect(await readdir(join(directory, 'deep'))).toEqual(['preferences.json']);
  });

  it('keeps the last of many values written at once', async () => {
    const file = open();
    await Promise.all(Array.from({ length: 20 }, (_, size) => file.write({ size })));
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ size: 19 });
  });

  it.each(['', '{"size": "large"}', '{"size": 1', '[]'])('counts as absent if it says %j', async (text) => {
    await open().write({ size: 1 });
    await writeFile(path, text);
    expect(await open().read()).toEqual({ size: 0 });
  });

  it('keeps the entries that fit, and a copy of the others once it is written', async () => {
    const lists = () => openJsonFile(path, z.array(schema), [], recordingLogger().logger);
    await lists().write([]);
    const text = '[{"size":1},{"size":"of a later version"},{"size":2}]';
    await writeFile(path, text);
    const list = lists();
    expect(await list.read()).toEqual([{ size: 1 }, { size: 2 }]);
    await list.write([{ size: 1 }]);
    expect(await lists().read()).toEqual([{ size: 1 }]);
    expect(await readFile(`${path}.invalid`, 'utf8')).toBe(text);

    const members = z.strictObject({ size: z.number().default(0), color: z.string().default('red') });
    await writeFile(path, '{"size":"large","color":"blue","shape":"round"}');
    expect(await openJsonFile(path, members, members.parse({}), recordingLogger().logger).read()).toEqual({
      size: 0,
      color: 'blue',
    });
  });

  it('is kept only while the program runs if it has no path', async () => {
    const file = openJsonFile(null, schema, { size: 0 }, recordingLogger().logger);
    await file.write({ size: 3 });
    expect(await file.read()).toEqual({ size: 3 });
  });
});
