import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openUploads, type Uploads } from './uploads';

describe('uploads', () => {
  let parent: string;
  let uploads: Uploads;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ingot-up-'));
    uploads = await openUploads({ parent, kept: false, maxBytes: 1000 });
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
    expect(() => uploads.specOf(uploadId)).toThrow('gone');
    expect(await files()).toEqual([]);
  });

  it('make room for later ones, the oldest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) ids.push((await uploads.store(`${n}.json`, bytes(10))).uploadId);
    expect(await files()).toHaveLength(8);
    expect(() => uploads.specOf(ids[0] ?? '')).toThrow('gone');
    expect(uploads.specOf(ids[9] ?? '').name).toBe('9.json');
  });

  it('leave nothing behind at the end', async () => {
    await uploads.store('a.json', bytes(10));
    await uploads.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it('that are kept are there at the next start, but for what never came to its end', async () => {
    const kept = { parent, kept: true, maxBytes: 1000 };
    const before = await openUploads(kept);
    const first = await before.store('a.json', bytes(10));
    const second = await before.store('b.json', bytes(10));
    await before.close();
    await writeFile(join(parent, 'f'.repeat(32)), 'half');

    const after = await openUploads(kept);
    expect(after.specOf(first.uploadId).name).toBe('a.json');
    expect(await readFile(after.specOf(first.uploadId).path, 'utf8')).toBe('aaaaabbbbb');
    await after.keepOnly(new Set([second.uploadId]));
    expect([first, second].map(({ uploadId }) => after.has(uploadId))).toEqual([false, true]);
    expect(await files()).toHaveLength(2);
  });
});
