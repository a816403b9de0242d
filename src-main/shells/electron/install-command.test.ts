import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestFolder } from '../../database/testing/each-database';
import { installCommand } from './install-command';

/** A program that writes its arguments, one a line, and ends with 3. */
function writeProgram(folder: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n');
  chmodSync(path, 0o755);
  return path;
}

describe.skipIf(process.platform === 'win32')('the command of the desktop app', () => {
  it('passes its arguments and its exit code on, whatever the name of the program', () => {
    const home = createTestFolder();
    const { path, isOnPath } = installCommand(writeProgram(home, "it's $HOME"), { home });
    expect({ path, isOnPath }).toEqual({ path: join(home, '.local/bin/ingot'), isOnPath: false });
    const { stdout, status } = spawnSync(path, ['report', '--type', 'a b'], { encoding: 'utf8' });
    expect(stdout.trimEnd().split('\n').slice(-5)).toEqual(['--cli', '--', 'report', '--type', 'a b']);
    expect(status).toBe(3);
  });

  it('is written again by a later version, and found by its name where the directory is searched', () => {
    const home = createTestFolder();
    installCommand('/old/Ingot.AppImage', { home });
    const searchPath = `/usr/bin:${join(home, '.local/bin')}`;
    const { path, isOnPath } = installCommand('/new/Ingot.AppImage', { home, searchPath });
    expect(isOnPath).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain("'/new/Ingot.AppImage'");
  });

  it('replaces no other program', () => {
    const home = createTestFolder();
    mkdirSync(join(home, '.local/bin'), { recursive: true });
    const other = writeProgram(join(home, '.local/bin'), 'ingot');
    const before = readFileSync(other, 'utf8');
    expect(() => installCommand('/new/Ingot.AppImage', { home })).toThrow('another program');
    expect(readFileSync(other, 'utf8')).toBe(before);
  });
});
