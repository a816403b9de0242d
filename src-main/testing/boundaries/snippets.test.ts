import { describe, expect, it } from 'vitest';
import { RULES } from './rules';
import { ALLOWED, BROKEN } from './snippets';
import { parseSource } from './sources';

/** The sentences of the rules that `text` breaks, each with the places. */
function judge(path: string, text: string): Record<string, readonly string[]> {
  const sources = [parseSource(path, text)];
  const judged = RULES.map(({ sentence, find }) => [sentence, find(sources)] as const);
  return Object.fromEntries(judged.filter(([, found]) => found.length > 0));
}

describe('the rules of the boundaries', () => {
  it.each(BROKEN)('find what is broken: %s … in %s: %s', (sentence, path, text) => {
    const [, places = []] =
      Object.entries(judge(path, text)).find(([rule]) => rule.startsWith(sentence)) ?? [];
    expect(places).not.toEqual([]);
    for (const place of places) expect(place).toContain(path);
  });

  it.each(ALLOWED)('leave alone what is allowed: in %s: %s', (path, text) => {
    expect(judge(path, text)).toEqual({});
  });

  it('are each broken by one of these snippets', () => {
    const untried = RULES.filter(({ sentence }) => !BROKEN.some(([start]) => sentence.startsWith(start)));
    expect(untried).toEqual([]);
  });

  it('tell the line', () => {
    const broken = judge('src-main/host/feed.ts', "// one\nconst two = 2;\nimport '../shells/cli/output';\n");
    expect(Object.values(broken)).toEqual([['src-main/host/feed.ts:3 imports src-main/shells/cli/output']]);
  });

  it('see a driver behind a file that the engine may import', () => {
    const rule = RULES.find(({ sentence }) => sentence.startsWith('keeps drivers'));
    const sources = [
      parseSource('src-main/runs/run.ts', "import { vacuum } from '../storage/maintenance';"),
      parseSource('src-main/storage/maintenance.ts', "import pg from 'pg';"),
    ];
    const way = 'src-main/runs/run.ts > src-main/storage/maintenance.ts';
    expect(rule?.find(sources)).toEqual([`${way} reaches pg`]);
  });

  it('do not pass over what cannot be parsed', () => {
    expect(() => parseSource('src-main/host/feed.ts', 'import {')).toThrow('src-main/host/feed.ts');
  });
});
