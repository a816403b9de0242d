import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { type DirectoryLock, lockDirectory } from './lock';
import { createTestFolder } from './testing/each-database';
import holdDirectory from './testing/hold-directory?modulePath';

const me = { program: 'Ingot here', nowMs: Date.UTC(2026, 10, 22, 20, 0) };

async function lockHere(dataDir: string): Promise<DirectoryLock> {
  const lock = await lockDirectory(dataDir, me);
  onTestFinished(() => lock.release());
  return lock;
}

/** Another process that tries to take the directory; resolves with its result. */
async function lockElsewhere(dataDir: string): Promise<{ child: ChildProcess; answer: unknown }> {
  const child = spawn(process.execPath, [holdDirectory, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, answer: JSON.parse(String(line)) };
}

test('a directory held by another process is refused, with who holds it and what to do', async () => {
  const dataDir = createTestFolder();
  const { child, answer } = await lockElsewhere(dataDir);
  expect(answer).toEqual({ held: true });
  await expect(lockHere(dataDir)).rejects.toMatchObject({
    code: 'database_unusable',
    message: `The data directory ${dataDir} is in use by Ingot in a test (process ${child.pid}) since 2026-11-22T19:00:00.000Z.`,
    details: { hint: expect.stringContaining('--data-dir') },
  });
});

test('another process is refused a directory that is held here', async () => {
  const dataDir = createTestFolder();
  await lockHere(dataDir);
  expect((await lockElsewhere(dataDir)).answer).toEqual({
    held: false,
    message: `The data directory ${dataDir} is in use by Ingot here (process ${process.pid}) since 2026-11-22T20:00:00.000Z.`,
  });
});

test('the lock of a killed process is free at once', async () => {
  const dataDir = createTestFolder();
  const { child } = await lockElsewhere(dataDir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect(lockHere(dataDir)).resolves.toBeDefined();
});

test("an ended process's name in the lock file blocks no other process", async () => {
  const dataDir = createTestFolder();
  const left = { program: 'Ingot', pid: process.pid, host: 'here', since: new Date(me.nowMs).toISOString() };
  writeFileSync(join(dataDir, 'ingot.lock'), JSON.stringify(left).padEnd(2000));
  await lockHere(dataDir);
  expect(JSON.parse(readFileSync(join(dataDir, 'ingot.lock'), 'utf8'))).toMatchObject({
    program: 'Ingot here',
  });
});

test('a second one in the same process is refused as well', async () => {
  const dataDir = createTestFolder();
  await lockHere(dataDir);
  await expect(lockHere(dataDir)).rejects.toMatchObject({ code: 'database_unusable' });
});

test('a released directory can be taken again', async () => {
  const dataDir = createTestFolder();
  const lock = await lockHere(dataDir);
  lock.release();
  lock.release();
  expect((await lockElsewhere(dataDir)).answer).toEqual({ held: true });
});

test('of many that try at once exactly one gets the directory', async () => {
  const dataDir = createTestFolder();
  const all = await Promise.all(Array.from({ length: 6 }, () => lockElsewhere(dataDir)));
  expect(all.filter(({ answer }) => (answer as { held: boolean }).held)).toHaveLength(1);
});

test('a directory is made if it is not there', async () => {
  const dataDir = join(createTestFolder(), 'new', 'data');
  await expect(lockHere(dataDir)).resolves.toBeDefined();
});

test('a file in the place of the directory is named', async () => {
  const path = join(createTestFolder(), 'file');
  writeFileSync(path, '');
  await expect(lockHere(path)).rejects.toMatchObject({
    code: 'database_unusable',
    message: `The data directory ${path} cannot be used: there is a file in its place.`,
  });
});
