import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { contract } from '../src-shared/contract';

/** What `.oxlintrc.json` cannot express. Tests, and what is only for them, may do as they need. */

const ROOT = join(import.meta.dirname, '..');
const isForTests = (path: string) => /\.test\.tsx?$|\/testing\/|-for-tests\.ts$/.test(path);
const sources = ['src-shared', 'src-main', 'src-renderer']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .filter((path) => /\.tsx?$/.test(path) && !isForTests(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
const where = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('the product', () => {
  it('loads neither driver nor shell nor socket with the engine, not even by way of another file', async () => {
    const output = await build({
      configFile: false,
      logLevel: 'warn',
      root: ROOT,
      build: {
        ssr: join(ROOT, 'src-main/runs/engine.ts'),
        write: false,
        rollupOptions: { treeshake: false },
      },
    });
    const loaded = [output]
      .flat()
      .flatMap((built) =>
        'output' in built
          ? built.output.flatMap((part) =>
              part.type === 'chunk'
                ? [...Object.keys(part.modules), ...part.imports, ...part.dynamicImports]
                : [],
            )
          : [],
      );
    expect(loaded.some((path) => path.endsWith('src-main/accounts/apply-batch.ts'))).toBe(true);
    const far =
      /^(?:node:(?:https?|http2|net|tls|dgram|child_process)|electron|fastify|ws|pg.*|@electric-sql.*|fs-native-extensions)$|src-main\/(?:database\/(?:pglite|postgres)|host|shells)/;
    expect(loaded.filter((path) => far.test(path))).toEqual([]);
  });

  it('asks no Date for the time: that is what Clock is for', () => {
    expect(where(/\bnew Date\(\)|(?<!new )\bDate\(/)).toEqual([]);
  });

  it('makes directories step by step: the recursive mkdir of Node 20 tries without end where none can be made', () => {
    const recursive = /\bmkdir(?:Sync)?\([^;]*recursive:/;
    expect(where(recursive)).toEqual([]);
  });

  it('opens a file before it writes it: a stream made from a path may create it after its pipeline failed and it was removed', () => {
    // What `generate` writes is never removed.
    expect(where(/(?<!\.)\bcreateWriteStream\(/)).toEqual(['src-main/shells/cli/generate.ts']);
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
    expect(where(lossy)).toEqual([]);
  });

  it('asks every question of a view as of the moment that the window shows', () => {
    const asOf = Object.entries(contract).flatMap(([name, { params }]) =>
      'asOf' in params.shape ? [name] : [],
    );
    expect(asOf.length).toBeGreaterThan(8);
    const now = new RegExp(`client\\.call(?:<[^>]*>)?\\(\\s*'(?:${asOf.join('|')})'(?![^)]*asOf)`);
    expect(where(now).filter((path) => /^src-renderer\/(?:views|components|bindings)/.test(path))).toEqual(
      [],
    );
  });

  it('spreads no list into a call: 130,000 rows are more arguments than a call takes', () => {
    const spread =
      /\b(?:Math\.(?:max|min)|String\.fromC\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\.\.\.|\.(?:push|unshift|splice|concat)\((?:[^(){}[\]]*,)?\s*\.\.\./;
    expect(where(spread)).toEqual([]);
  });
});
