import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Code that each override of `.oxlintrc.json` must refuse: of overrides that set one rule, the last sets all of it. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'src-shared/events.ts': {
    "import '../src-main/host/feed';": 'no-restricted-imports',
    "import 'react';": 'no-restricted-imports',
    'process.exit();': 'no-undef',
    'Math.random();': 'no-restricted-properties',
    'Date.now();': 'no-restricted-properties',
  },
  'src-renderer/app.tsx': {
    "import '../src-main/host/feed';": 'no-restricted-imports',
    "import 'node:fs';": 'no-restricted-imports',
    'setTimeout(() => {}, 1);': 'no-restricted-globals',
    "fetch('x');": 'no-restricted-globals',
  },
  'src-renderer/stores/log.ts': {
    "import 'react';": 'no-restricted-imports',
    "import '../views/live-view';": 'no-restricted-imports',
    'document.title;': 'no-undef',
  },
  'src-main/time/clock.ts': {
    "import '../database/database';": 'no-restricted-imports',
    "fetch('x');": 'no-restricted-globals',
  },
  'src-main/database/turns.ts': {
    "import '../storage/migrate';": 'no-restricted-imports',
    "import type { R } from '../runs/run';": 'no-restricted-imports',
    "import 'node:net';": 'no-restricted-imports',
  },
  'src-main/ingestion/byte-source.ts': {
    "import 'https';": 'no-restricted-imports',
    "import '../database/database';": 'no-restricted-imports',
  },
  'src-main/ingestion/validate.ts': {
    "import 'node:fs';": 'no-restricted-imports',
    'Math.random();': 'no-restricted-properties',
  },
  'src-main/storage/migrate.ts': {
    "import '../accounts/classify';": 'no-restricted-imports',
    "import '../database/pglite';": 'no-restricted-imports',
    "import type { M } from '../observability/metrics';": 'no-restricted-imports',
  },
  'src-main/callbacks/scheduler.ts': {
    "import '../accounts/classify';": 'no-restricted-imports',
    "import { systemClock } from '../time/clock';": 'no-restricted-imports',
    "import 'pg';": 'no-restricted-imports',
  },
  'src-main/accounts/classify.ts': {
    "import '../database/database';": 'no-restricted-imports',
    'Date.now();': 'no-restricted-properties',
  },
  'src-main/accounts/views/row-set.ts': {
    "import '../../runs/run';": 'no-restricted-imports',
    "import '../../database/postgres';": 'no-restricted-imports',
  },
  'src-main/runs/run.ts': {
    "import '../host/feed';": 'no-restricted-imports',
    "import '../database/pglite';": 'no-restricted-imports',
    "import { setTimeout } from 'node:timers/promises';": 'no-restricted-imports',
    "await import('electron');": 'no-restricted-imports',
    'performance.now();': 'no-restricted-globals',
    'process.hrtime.bigint();': 'no-restricted-properties',
  },
  'src-main/observability/health.ts': {
    "import '../runs/engine';": 'no-restricted-imports',
    "import '../database/pglite';": 'no-restricted-imports',
    "import { performance } from 'node:perf_hooks';": 'no-restricted-imports',
  },
  'src-main/settings/schema.ts': { "import '../host/feed';": 'no-restricted-imports' },
  'src-main/host/feed.ts': {
    "import '../shells/cli/output';": 'no-restricted-imports',
    "import 'electron';": 'no-restricted-imports',
    "import '../database/pglite';": 'no-restricted-imports',
  },
  'src-main/shells/process/terminal.ts': { "import '../web/server';": 'no-restricted-imports' },
  'src-main/shells/web/server.ts': {
    "import '../electron/window';": 'no-restricted-imports',
    "import '../../runs/run';": 'no-restricted-imports',
    "import '../../observability/metrics';": 'no-restricted-imports',
  },
  'src-main/shells/electron/window.ts': {
    "import '../web/server';": 'no-restricted-imports',
    "import '../../database/pglite';": 'no-restricted-imports',
  },
  'src-main/shells/cli/program.ts': {
    "import 'electron';": 'no-restricted-imports',
    "import '../../runs/engine';": 'no-restricted-imports',
    "import '../../storage/migrate';": 'no-restricted-imports',
    "import '../../database/database';": 'no-restricted-imports',
  },
  // Neither a room of its own nor a cycle of types.
  'src-main/new-room/a.ts': { "import '../time/clock';": 'no-restricted-imports' },
  'src-shared/one.ts': { "import type { Two } from './two';": 'no-cycle' },
  'src-shared/two.ts': { "import type { One } from './one';": 'no-cycle' },
};

const ROOT = join(import.meta.dirname, '..');

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

describe('the layers', () => {
  it('are enforced: the linter refuses what each rule forbids', () => {
    const tree = mkdtempSync(join(tmpdir(), 'ingot-lint-'));
    onTestFinished(() => rmSync(tree, { recursive: true }));
    copyFileSync(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
    for (const [path, lines] of Object.entries(REFUSED)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      const exported = path.startsWith('src-shared/one') ? 'One' : 'Two';
      writeFileSync(join(tree, path), `${Object.keys(lines).join('\n')}\nexport type ${exported} = 1;\n`);
    }
    const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['-f', 'json'], {
      cwd: tree,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
    const refused = new Set(
      diagnostics.map(
        ({ filename, labels, code }) =>
          `${filename.replaceAll('\\', '/')}:${labels[0]?.span.line} ${/\((.+)\)/.exec(code)?.[1]}`,
      ),
    );
    const expected = Object.entries(REFUSED).flatMap(([path, lines]) =>
      Object.entries(lines).map(([text, rule], at) => ({ text, found: `${path}:${at + 1} ${rule}` })),
    );
    expect(expected.filter(({ found }) => !refused.has(found))).toEqual([]);
  });
});
