import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const run = (command: string) =>
  spawnSync(process.execPath, command.split(' '), {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' },
  });

it.each(['start.mjs', 'ingot.mjs web'])('%s says first of all that it starts', (command) => {
  const { stdout, stderr } = run(`${command} --unheard-of`);
  expect(stderr).toMatch(/^Starting Ingot…\n.*unknown option/s);
  expect(stdout).toBe('');
});

it('says so before it loads or builds anything', () => {
  const [first] = readFileSync(join(import.meta.dirname, 'start.mjs'), 'utf8').match(/^import .*$/m) ?? [];
  expect(first).toBe("import './say-starting.mjs';");
  expect(readFileSync(join(import.meta.dirname, 'say-starting.mjs'), 'utf8')).not.toMatch(/^import /m);
});

it.each(['start.mjs', 'ingot.mjs web'])('%s leaves help alone', (command) => {
  const { stdout, stderr } = run(`${command} --help`);
  expect(stdout).toContain('Usage');
  expect(stderr).toBe('');
});
