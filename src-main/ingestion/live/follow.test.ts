import { appendFile, copyFile, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readingFrom } from '../../../src-shared/mapping';
import { createSystemClock } from '../../time/clock';
import { createFollowSource } from './follow';
import { createTaker, idsOf, type Taker } from './testing/taker';

const line = (id: string | number) =>
  `{"id":"${id}","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":0}\n`;

describe('a file that is followed', () => {
  let folder: string;
  let path: string;
  let taker: Taker;
  const clock = createSystemClock();
  const open = () => createFollowSource(path, readingFrom({}), clock);
  const has = (count: number) => () => taker.records.length >= count;
  const ids = () => idsOf(taker.records);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ingot-follow-'));
    path = join(folder, 'updates.log');
    taker = createTaker();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read to its end and then as it grows; half a line waits', async () => {
    const half = line('c').slice(0, 20);
    await writeFile(path, `\ufeff${line('a')}${line('b')}${half}`);
    const taking = taker.take(open(), has(3));
    await taker.until(has(2));
    expect(ids()).toEqual(['a', 'b']);
    await appendFile(path, line('c').slice(20));
    await taking;
    expect(ids()).toEqual(['a', 'b', 'c']);
  });

  it('goes on after a kill, and rejects a broken line', async () => {
    await writeFile(path, line('a') + line('b'));
    await taker.take(open(), has(2));
    await appendFile(path, `broken\n${line('c')}`);
    await taker.take(open(), has(4));
    expect(ids()).toEqual(['a', 'b', 'rejected: broken', 'c']);
    expect(taker.gaps).toEqual([]);
  });

  it('is read to its end under its new name when it is rotated, also what comes late', async () => {
    await writeFile(path, line('a'));
    const taking = taker.take(open(), has(5));
    await taker.until(has(1));
    await rename(path, `${path}.1`);
    await writeFile(path, '');
    // The writer has not yet opened the new file.
    await appendFile(`${path}.1`, line('b') + line('c').trimEnd());
    await appendFile(path, line('d'));
    await appendFile(path, line('e'));
    await taking;
    expect(ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(taker.gaps).toEqual([]);
  });

  it.each([
    ['numbers', (age: number) => `${path}.${age}`],
    ['dates', (age: number) => `${path}-2026120${9 - age}`],
    ['numbers before its extension', (age: number) => join(folder, `updates.${age}.log`)],
  ])('is found among files rotated with %s while it was not running', async (_, rotated) => {
    await writeFile(path, line('a') + line('b'));
    await taker.takeAndDie(open(), 1, has(1));
    await appendFile(path, line('c'));
    await rename(path, rotated(3));
    await writeFile(rotated(4), line('older'));
    await writeFile(rotated(2), line('d'));
    await writeFile(rotated(1), line('e'));
    await writeFile(path, line('f'));
    await taker.take(open(), has(6));
    expect(ids()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(taker.gaps).toEqual([]);
  });

  it('has a gap when it is truncated, before the eyes of the reader or behind its back', async () => {
    await writeFile(path, line('a') + line('b').slice(0, 10));
    const taking = taker.take(open(), has(2));
    await taker.until(has(1));
    await truncate(path);
    await appendFile(path, line('c'));
    await taking;
    await writeFile(path, line('d') + line('e'));
    await taker.take(open(), has(4));
    expect(ids()).toEqual(['a', 'c', 'd', 'e']);
    const read = Buffer.byteLength(line('a'));
    expect(taker.gaps.map(({ reason }) => reason)).toEqual([
      `updates.log was truncated: what was written to it after byte ${read + 10} is lost. The 10 bytes before it were half a line.`,
      `updates.log was truncated or replaced: what was written to it after byte ${read - 1} is lost.`,
    ]);
  });

  it('has a gap when the file is gone that was followed', async () => {
    await writeFile(path, line('a'));
    await taker.take(open(), has(1));
    // So that the new one cannot get the number of the old one.
    await writeFile(`${path}.new`, line('b'));
    await rename(`${path}.new`, path);
    await taker.take(open(), has(2));
    expect(taker.gaps).toHaveLength(1);
    expect(taker.gaps[0]?.reason).toContain('is gone');
  });

  it('is read by a mapping, and what is no update is counted under its name', async () => {
    const sample = new URL('../../../data/formats/yellowstone-json.ndjson', import.meta.url);
    await copyFile(sample, path);
    const reading = readingFrom({ mapping: 'yellowstone-json' });
    await taker.take(createFollowSource(path, reading, clock), () => taker.messages.length > 4);
    expect(taker.records.every(({ kind }) => kind === 'update')).toBe(true);
    expect(taker.records.length).toBeGreaterThan(1);
    expect(taker.messages).toContainEqual({ kind: 'skipped', what: 'ping' });
    const csv = createFollowSource(path, readingFrom({ mapping: 'yellowstone-protobuf' }), clock);
    await expect(createTaker().take(csv, () => false)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('cannot be followed if it is not there, and is waited for if it was', async () => {
    await expect(taker.take(open(), has(1))).rejects.toMatchObject({ code: 'source_unreadable' });
    const taking = taker.take(createFollowSource(folder, readingFrom({}), clock), has(1));
    await expect(taking).rejects.toMatchObject({ code: 'source_unreadable' });
    await writeFile(path, line('a'));
    await taker.take(open(), has(1));
    await unlink(path);
    await expect(taker.take(open(), has(2))).rejects.toMatchObject({ code: 'source_broken' });
  });

  it('loses nothing and repeats nothing, killed a hundred times, and its gaps are what was truncated', async () => {
    const random = xoroshiro128plus(19);
    const below = (limit: number) => (random.next() >>> 0) % limit;
    let written = 0;
    let rotations = 0;
    let inFile: string[] = [];
    const lost = new Set<string>();
    let gaps = 0;
    const write = async () => {
      for (let count = below(4); count >= 0; count--) {
        const id = String(written++);
        const text = line(id);
        inFile.push(id);
        const cut = below(text.length);
        await appendFile(path, text.slice(0, cut));
        await appendFile(path, text.slice(cut));
      }
    };
    const rotate = async () => {
      await rename(path, `${path}-${String(++rotations).padStart(8, '0')}`);
      inFile = [];
      await write();
    };
    const truncateFile = async () => {
      const kept = new Set(ids());
      // Without a line read from it, nothing tells that there was one.
      if (!inFile.some((id) => kept.has(id))) return;
      for (const id of inFile) if (!kept.has(id)) lost.add(id);
      gaps++;
      await truncate(path);
      inFile = [];
      await write();
    };
    await write();
    for (let kills = 0; kills < 100; kills++) {
      const dies = taker.takeAndDie(open(), 1 + below(3), () => taker.records.length + lost.size >= written);
      await write();
      if (below(3) === 0) await rotate();
      await dies;
      if (below(2) === 0) await write();
      if (below(4) === 0) await truncateFile();
      if (below(4) === 0) await rotate();
    }
    await write();
    await taker.take(open(), () => taker.records.length + lost.size >= written);
    await write();
    await truncateFile();
    await taker.take(open(), () => taker.records.length + lost.size >= written);
    const all = Array.from({ length: written }, (_, index) => String(index));
    expect(ids()).toEqual(all.filter((id) => !lost.has(id)));
    expect(lost.size).toBeGreaterThan(0);
    expect(taker.gaps).toHaveLength(gaps);
  });
});
