import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrometheus } from '../../ensure-prometheus.mjs';

export const programs = findPrometheus();
/** For the name of a test that is skipped. */
export const NO_PROMETHEUS =
  programs === undefined
    ? ' (skipped: no Prometheus on this machine, `node ops/ensure-prometheus.mjs` fetches one)'
    : '';

/** What promtool says, and whether it was content. */
export function runPromtool(args: readonly string[], directory: string): { ok: boolean; said: string } {
  if (!programs) throw new Error('there is no promtool here');
  const { status, stdout, stderr } = spawnSync(programs.promtool, args, { cwd: directory, encoding: 'utf8' });
  return { ok: status === 0, said: stdout + stderr };
}

/** Runs promtool on files of these contents. */
export function runPromtoolOn(files: Readonly<Record<string, string>>, args: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'ingot-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return runPromtool(args, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
