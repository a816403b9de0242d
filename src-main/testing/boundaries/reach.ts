import { CORE } from './rooms';
import { liesIn, liesInOne, type Source, withoutEnding } from './sources';

/** What the engine must run without. */
const FAR = [
  ...['@electric-sql/pglite', 'pg', 'pg-copy-streams', 'fs-native-extensions', 'electron', 'fastify', 'ws'],
  ...['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls', 'node:dgram'],
  ...['src-main/database/pglite', 'src-main/database/postgres', 'src-main/shells', 'src-renderer'],
];

/** The far ones that loading the engine would load, each with the way to it. */
export function findReach(sources: readonly Source[]): readonly string[] {
  const byPath = new Map(sources.map((source) => [withoutEnding(source.path), source]));
  const found: string[] = [];
  const seen = new Set<string>();
  const go = (path: string, way: readonly string[]) => {
    const source = byPath.get(path);
    if (!source || seen.has(path)) return;
    seen.add(path);
    for (const { target, isType } of source.imports) {
      if (target === null || isType) continue;
      if (liesInOne(target, FAR)) found.push(`${[...way, source.path].join(' > ')} reaches ${target}`);
      else go(target, [...way, source.path]);
    }
  };
  for (const path of byPath.keys()) if (CORE.some((room) => liesIn(path, room))) go(path, []);
  return found;
}
