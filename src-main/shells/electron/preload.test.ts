import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('loads nothing but Electron, as a sandboxed preload must', () => {
  const text = readFileSync(join(import.meta.dirname, 'preload.ts'), 'utf8');
  const imports = [...text.matchAll(/^import (type )?[^;]*?from '([^']+)';/gm)];
  expect(imports.length).toBeGreaterThan(1);
  expect(imports.filter(([, type]) => type === undefined).map(([, , from]) => from)).toEqual(['electron']);
  expect(text).not.toMatch(/\bimport\(|\brequire\(|\bexport\b/);
});
