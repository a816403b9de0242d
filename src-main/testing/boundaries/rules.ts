import type { Import } from './find-imports';
import type { Use } from './find-uses';
import {
  type Exemption,
  NETWORK,
  NETWORK_EXEMPTIONS,
  PURE_EXEMPTIONS,
  PURE_NAMES,
  PURE_PATHS,
  PURE_USES,
  TIME,
  TIME_EXEMPTIONS,
  type Watched,
} from './names';
import { findReach } from './reach';
import { INNER_ROOMS, type Room } from './rooms';
import { SHELL_ROOMS } from './shell-rooms';
import { isForTests, liesIn, liesInOne, lineAt, type Source, withoutEnding } from './sources';

/** What product code must keep to, as a sentence, and where `sources` break it: `path:line what`. */
export interface Rule {
  readonly sentence: string;
  find(sources: readonly Source[]): readonly string[];
}

const ROOMS = [...INNER_ROOMS, ...SHELL_ROOMS];

/** The room with the longest of the paths that `path` lies in. */
function findRoom(path: string): Room | undefined {
  const lengths = ROOMS.map(({ paths }) =>
    Math.max(0, ...paths.filter((one) => liesIn(path, one)).map((one) => one.length)),
  );
  const longest = Math.max(...lengths);
  return longest === 0 ? undefined : ROOMS[lengths.indexOf(longest)];
}

const roomsByPath = new Map<string, Room | undefined>();

function roomOf(path: string): Room | undefined {
  if (!roomsByPath.has(path)) roomsByPath.set(path, findRoom(withoutEnding(path)));
  return roomsByPath.get(path);
}

const at = (source: Source, { at: position }: { at: number }, what: string) =>
  `${source.path}:${lineAt(source.text, position)} ${what}`;

function importRule(sentence: string, breaks: (found: Import, source: Source) => boolean): Rule {
  return {
    sentence,
    find: (sources) =>
      sources.flatMap((source) =>
        source.imports
          .filter((found) => breaks(found, source))
          .map((found) =>
            at(source, found, `imports ${found.target ?? 'what cannot be told from the text'}`),
          ),
      ),
  };
}

function nameRule(sentence: string, breaks: (use: Use, source: Source) => boolean): Rule {
  return {
    sentence,
    find: (sources) =>
      sources.flatMap((source) =>
        source.uses.filter((use) => breaks(use, source)).map((use) => at(source, use, `uses ${use.text}`)),
      ),
  };
}

function isForbidden(watched: readonly Watched[], use: Use): boolean {
  return watched.some((one) => {
    if (one.name !== use.name) return false;
    return 'only' in one ? !one.only.includes(use.text) : one.never.includes(use.text);
  });
}

const isExempt = (exemptions: readonly Exemption[], use: Use, { path }: Source) =>
  exemptions.some((exemption) => exemption.path === path && exemption.uses.includes(use.text));

const roomRules = ROOMS.map((room) =>
  importRule(`lets ${room.name} know ${room.knows}`, ({ target, isType }, { path }) => {
    if (target === null || roomOf(path) !== room) return false;
    return !liesInOne(target, room.imports) && !(isType && liesInOne(target, room.types ?? []));
  }),
);

const isPure = (path: string) => liesInOne(withoutEnding(path), PURE_PATHS);
const isImpure = (use: Use) =>
  !use.name.startsWith('node:') && (!PURE_NAMES.has(use.name) || isForbidden(PURE_USES, use));

export const RULES: readonly Rule[] = [
  ...roomRules,
  {
    sentence: 'has a room for every file',
    find: (sources) =>
      sources.filter(({ path }) => !roomOf(path)).map(({ path }) => `${path}:1 is in no room`),
  },
  importRule('says in each import what is imported', ({ target }) => target === null),
  importRule('keeps what is for tests out of the product', ({ target }) => isForTests(target ?? '')),
  {
    sentence:
      'keeps drivers, sockets and shells out of reach of the engine: not even by way of what it may import',
    find: findReach,
  },
  nameRule(
    'reads the wall clock and sets timers in the clocks alone',
    (use, source) => isForbidden(TIME, use) && !isExempt(TIME_EXEMPTIONS, use, source),
  ),
  nameRule(
    'speaks to other programs from the shells and the transport of the renderer alone',
    (use, source) => isForbidden(NETWORK, use) && !isExempt(NETWORK_EXEMPTIONS, use, source),
  ),
  nameRule(
    'keeps src-shared, what decodes, validates and classifies, and the stores of the renderer pure',
    (use, source) => isPure(source.path) && isImpure(use) && !isExempt(PURE_EXEMPTIONS, use, source),
  ),
];

/** What the tables allow and nobody does any more: left there, it would let a mistake through. */
export function findStale(sources: readonly Source[]): readonly string[] {
  const exemptions = [...TIME_EXEMPTIONS, ...NETWORK_EXEMPTIONS, ...PURE_EXEMPTIONS].flatMap(
    ({ path, uses }) => {
      const used = sources.find((source) => source.path === path)?.uses ?? [];
      return uses
        .filter((text) => !used.some((use) => use.text === text))
        .map((text) => `${path} uses ${text}`);
    },
  );
  const lists = ROOMS.flatMap((room) => {
    const imports = sources.filter(({ path }) => roomOf(path) === room).flatMap((source) => source.imports);
    const isUsed = (entry: string) => imports.some(({ target }) => target !== null && liesIn(target, entry));
    return [...room.imports, ...(room.types ?? [])]
      .filter((entry) => !room.paths.includes(entry) && !isUsed(entry))
      .map((entry) => `${room.name} imports ${entry}`);
  });
  return [...exemptions, ...lists];
}
