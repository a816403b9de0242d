import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeBuild } from './describe-build.mjs';

it('names no commit where the sources have no repository of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-archive-'));
  try {
    expect(describeBuild(folder)).toEqual({
      commit: null,
      date: null,
      postgres: expect.stringMatching(/^18\.\d+$/),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
