import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../time/clock';
import { recordingLogger } from './testing/recording-logger';
import { findUpload, openUploads, type Uploads } from './uploads';

describe('uploads', () => {
  let parent: string;
  let uploads: Uploads;
  let nowMs: number;
  /** Those that a run can still be resumed from. */
  let needed: Set<string> | null;
  const clock = { ...createSystemClock(), now: () => nowMs };
  const open = (options: { readonly kept?: boolean; readonly keptBytes?: number } = {}) =>
    openUploads({
      parent,
      kept: false,
      maxBytes: 1000,
      needed: async () => needed,
      clock,
      logger: recordingLogger().logger,
      ...options,
    });
  beforeEach(async () => {
    nowMs = Date.now();
    needed = new Set();
    parent = await mkdtemp(join(tmpdir(), 'ingot-up-'));
    uploads = await open();
  });
  afterEach(async () => {
    await uploads.close();
    await rm(parent, { recursive: true });
  });
  const bytes = (size: number) => Readable.from([Buffer.alloc(size / 2, 'a'), Buffer.alloc(size / 2, 'b')]);
  const files = async () =>
    (await readdir(parent, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

  it('keep the bytes under a name of their own, and the given name for people', async () => {
    const { uploadId, sizeBytes } = await uploads.store('../../etc/\u001b[31mevil\n.json', bytes(10));
    const { path, name } = uploads.specOf(uploadId);
    expect(sizeBytes).toBe(10);
    expect(name).toBe('[31mevil.json');
    expect(path.startsWith(parent)).toBe(true);
    expect(path).not.toContain('evil');
    expect(await readFile(path, 'utf8')).toBe('aaaaabbbbb');
  });

  it('that are too large are refused, and leave nothing behind', async () => {
    await expect(uploads.store('big.json', bytes(2000))).rejects.toMatchObject({ code: 'disk_full' });
    expect(await files()).toEqual([]);
  });

  it('that break off are refused, and leave nothing behind', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('connection reset');
      })(),
    );
    await expect(uploads.store('a.json', broken)).rejects.toMatchObject({ code: 'source_unreadable' });
    expect(await files()).toEqual([]);
  });

  it('are gone once discarded', async () => {
    const { uploadId } = await uploads.store('a.json', bytes(10));
    await uploads.discard(uploadId);
    expect(() => uploads.specOf(uploadId)).toThrow('no longer kept');
    expect(await files()).toEqual([]);
  });

  it('of the same content are kept once, under the last name', async () => {
    const first = await uploads.store('a.json', bytes(10));
    const second = await uploads.store('b.json', bytes(10));
    expect(second).toEqual(first);
    // printf 'aaaaabbbbb' | sha256sum
    expect(first.uploadId).toBe('ed74b5c9ceaa577420d8ec549a9e55c9480ea02f6718c4095687f67e4ab220d4');
    expect(uploads.specOf(first.uploadId).name).toBe('b.json');
    expect(await files()).toHaveLength(1);
  });

  it('that cannot be read for now are neither taken for gone nor removed', async () => {
    uploads = await open({ kept: true });
    const { uploadId } = await uploads.store('a.json', bytes(10));
    const { path } = uploads.specOf(uploadId);
    await uploads.close();
    await rm(`${path}.name`);
    // Even root cannot read a directory as a file.
    await mkdir(`${path}.name`);
    await open({ kept: true });
    expect(await readFile(path, 'utf8')).toBe('aaaaabbbbb');
    await expect(findUpload(parent, uploadId)).rejects.toMatchObject({ code: 'source_unreadable' });
  });

  describe('beyond their limit', () => {
    /** Four of 10 bytes, an hour apart, where 30 bytes are kept. */
    const storeFour = async (): Promise<readonly string[]> => {
      uploads = await open({ kept: true, keptBytes: 30 });
      const ids: string[] = [];
      for (const letter of 'cdef') {
        const sent = Readable.from([Buffer.alloc(10, letter)]);
        ids.push((await uploads.store(`${letter}.json`, sent)).uploadId);
        nowMs += 3_600_001;
      }
      return ids;
    };
    const left = (ids: readonly string[]) => ids.map((id) => uploads.sizeOf(id) !== null);

    it('make room, the one that was used longest ago first', async () => {
      const ids = await storeFour();
      expect(left(ids)).toEqual([false, true, true, true]);
      expect(await files()).toHaveLength(6);
      uploads.specOf(ids[1] ?? '');
      await uploads.store('more.json', bytes(10));
      expect(left(ids)).toEqual([false, true, false, true]);
    });

    it('stay while they are read, however many come after', async () => {
      uploads = await open({ keptBytes: 10 });
      let close = () => {};
      const reading = new Promise<void>((resolve) => {
        close = resolve;
      });
      const { uploadId } = await uploads.store('read.json', bytes(10));
      uploads.keepUntil(uploadId, reading);
      nowMs += 10 * 3_600_000;
      for (let n = 0; n < 10; n += 1) {
        await uploads.store(`${n}.json`, Readable.from([Buffer.from(`number ${n}`)]));
      }
      expect(uploads.sizeOf(uploadId)).toBe(10);
      close();
      await reading;
      await uploads.tidy();
      expect(uploads.sizeOf(uploadId)).toBeNull();
    });

    it('stay while a run can be resumed from them, or that cannot be told', async () => {
      uploads = await open({ keptBytes: 10 });
      const { uploadId } = await uploads.store('cut-off.json', bytes(10));
      const other = await uploads.store('other.json', bytes(20));
      nowMs += 10 * 3_600_000;
      needed = null;
      await uploads.tidy();
      expect(left([uploadId, other.uploadId])).toEqual([true, true]);
      needed = new Set([uploadId]);
      await uploads.tidy();
      expect(left([uploadId, other.uploadId])).toEqual([true, false]);
    });

    it('stay for an hour after they were sent or looked at', async () => {
      uploads = await open({ keptBytes: 10 });
      const { uploadId } = await uploads.store('looked-at.json', bytes(10));
      nowMs += 3_599_000;
      await uploads.store('other.json', bytes(20));
      expect(uploads.sizeOf(uploadId)).toBe(10);
    });
  });

  it('leave nothing behind at the end', async () => {
    await uploads.store('a.json', bytes(10));
    await uploads.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it('that are kept are there at the next start, but for what never came to its end', async () => {
    const before = await open({ kept: true });
    const { uploadId } = await before.store('a.json', bytes(10));
    await before.close();
    await writeFile(join(parent, 'f'.repeat(64)), 'half');
    await writeFile(join(parent, `${'f'.repeat(16)}.partial`), 'half');

    // Without a database: another program may be writing them.
    needed = null;
    const after = await open({ kept: true });
    await after.tidy();
    expect(await files()).toHaveLength(4);
    needed = new Set();
    await after.tidy();
    expect(after.specOf(uploadId).name).toBe('a.json');
    expect(await readFile(after.specOf(uploadId).path, 'utf8')).toBe('aaaaabbbbb');
    expect(await files()).toHaveLength(2);
    expect(await findUpload(parent, uploadId)).toEqual(after.specOf(uploadId));
    expect(await findUpload(parent, 'f'.repeat(64))).toBeNull();
  });
});
