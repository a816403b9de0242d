import { describe, expect, it } from 'vitest';
import { findStale, RULES } from './testing/boundaries/rules';
import { isForTests, listCode, parseSource, readCode } from './testing/boundaries/sources';

/**
 * Who may import whom, and what may be used where (docs/architecture.md), as errors. Product code only: tests and
 * what is for them may reach further. The rules are tables, in testing/boundaries/rooms.ts, shell-rooms.ts and names.ts.
 */

const LONGEST_FILE_LINES = 500;

const product = ['src-shared', 'src-main', 'src-renderer']
  .flatMap(listCode)
  .filter((path) => !isForTests(path));
const sources = product.map((path) => parseSource(path, readCode(path)));

describe('the product', () => {
  for (const { sentence, find } of RULES) {
    it(sentence, () => expect(find(sources)).toEqual([]));
  }

  it('does all that its rules allow: what nobody needs any more is not allowed', () => {
    expect(findStale(sources)).toEqual([]);
  });

  it('makes directories step by step: the recursive mkdir of Node 20 tries without end where none can be made', () => {
    const recursive = /\bmkdir(?:Sync)?\([^;]*recursive:/;
    expect(sources.filter(({ text }) => recursive.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('states the deadline of every statement where it is named, and calls none that changes something a read', () => {
    const statements = sources.flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /\bname: (?:'[^']*'|`[^`]*`|\w+\.name),\s+(deadline: '\w+',\s+)?text(?:: (`[^`]*`|'[^'\n]*'))?/g,
        ),
      ].map(([, deadline, sql = '']) => ({ path, deadline: /'(\w+)'/.exec(deadline ?? '')?.[1], sql })),
    );
    expect(statements.length).toBeGreaterThan(50);
    expect(statements.filter(({ deadline }) => deadline === undefined)).toEqual([]);
    const changes = /\b(?:INSERT INTO|UPDATE \w+|DELETE FROM|TRUNCATE|COPY|VACUUM|CHECKPOINT|nextval)\b/;
    expect(statements.filter(({ deadline, sql }) => deadline === 'read' && changes.test(sql))).toEqual([]);
  });

  it('never goes through a JavaScript number for tokens or versions', () => {
    const lossy = /\b(?:Number|parseInt|parseFloat)\((?:[\w.?]*\.)?(?:tokens|version|latest|supersededBy)\)/;
    expect(sources.filter(({ text }) => lossy.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('spreads no list into a call: 130,000 rows are more arguments than a call takes', () => {
    const spread =
      /\b(?:Math\.(?:max|min)|String\.fromC\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\.\.\.|\.(?:push|unshift|splice|concat)\((?:[^(){}[\]]*,)?\s*\.\.\./;
    expect(sources.filter(({ text }) => spread.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('keeps files to one reason to change', () => {
    const long = ['src-shared', 'src-main', 'src-renderer', 'ops', 'bench', 'e2e']
      .flatMap(listCode)
      .map((path) => ({ path, lines: readCode(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > LONGEST_FILE_LINES)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });
});
