import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' },
  });

it.each(['start.mjs', 'web.mjs'])(
  '%s says first of all that it starts, before it loads or builds anything',
  (script) => {
    const [first] = readFileSync(join(import.meta.dirname, script), 'utf8').match(/^import .*$/m) ?? [];
    expect(first).toBe("import './say-starting.mjs';");
    const { stdout, stderr } = run(script, '--unheard-of');
    expect(stderr).toMatch(/^Starting Ingot…\n.*unknown option/s);
    expect(stdout).toBe('');
  },
);

it('leaves help alone', () => {
  expect(readFileSync(join(import.meta.dirname, 'say-starting.mjs'), 'utf8')).not.toMatch(/^import /m);
  const { stdout, stderr } = run('web.mjs', '--help');
  expect(stdout).toContain('Usage');
  expect(stderr).toBe('');
});
