import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPrometheus } from './ensure-prometheus.mjs';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ingot-find-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function place(folder: string, ...names: string[]): string {
  const path = join(directory, folder);
  mkdirSync(path, { recursive: true });
  for (const name of names) {
    writeFileSync(join(path, name), '');
    chmodSync(join(path, name), 0o755);
  }
  return path;
}
const find = (variables: Record<string, string>) =>
  findPrometheus({ variables, cache: join(directory, 'cache') });

describe('Prometheus is found', () => {
  it('in the first directory on the path that has promtool as well', () => {
    const half = place('half', 'prometheus');
    const whole = place('whole', 'prometheus', 'promtool');
    expect(find({ PATH: [half, whole].join(delimiter) })?.promtool).toBe(join(whole, 'promtool'));
  });

  it('where it was unpacked before, or not at all', () => {
    expect(find({ PATH: '' })).toBeUndefined();
    const unpacked = place('cache/usr/bin', 'prometheus', 'promtool');
    expect(find({ PATH: '' })?.prometheus).toBe(join(unpacked, 'prometheus'));
  });

  it('where a person says, and nowhere else', () => {
    const named = place('named', 'prometheus', 'promtool');
    expect(find({ PATH: '', PROMETHEUS_DIRECTORY: named })?.prometheus).toBe(join(named, 'prometheus'));
    expect(() => find({ PATH: named, PROMETHEUS_DIRECTORY: place('empty') })).toThrow('PROMETHEUS_DIRECTORY');
  });
});
