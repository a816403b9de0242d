/** The fields of an update, and `parentProgram`, which is kept inside `data`. */
export const FIELDS = [
  'id',
  'accountType',
  'tokens',
  'version',
  'callbackTimeMs',
  'data',
  'parentProgram',
] as const;
export type Field = (typeof FIELDS)[number];

export interface FieldMap {
  /** Stored with the run. */
  readonly name: string;
  /** What each field is called in the source. Fields of a record that are not named here are ignored. */
  readonly names: Readonly<Partial<Record<Field, string>>>;
}

/** The names that older producers of the same stream used. A new one is a new row here, nothing else. */
export const FIELD_MAPS = [
  {
    name: 'canonical',
    names: {
      id: 'id',
      accountType: 'accountType',
      tokens: 'tokens',
      version: 'version',
      callbackTimeMs: 'callbackTimeMs',
      data: 'data',
    },
  },
  {
    name: 'parent-program',
    names: {
      id: 'id',
      accountType: 'parentProgramSubType',
      tokens: 'tokens',
      version: 'version',
      callbackTimeMs: 'callbackTimeMs',
      data: 'data',
      parentProgram: 'parentProgram',
    },
  },
  {
    name: 'snake-case',
    names: {
      id: 'id',
      accountType: 'account_type',
      tokens: 'tokens',
      version: 'version',
      callbackTimeMs: 'callback_time_ms',
      data: 'data',
    },
  },
  {
    name: 'snake-case-parent-program',
    names: {
      id: 'id',
      accountType: 'parent_program_sub_type',
      tokens: 'tokens',
      version: 'version',
      callbackTimeMs: 'callback_time_ms',
      data: 'data',
      parentProgram: 'parent_program',
    },
  },
] as const satisfies readonly FieldMap[];

export const CANONICAL: FieldMap = FIELD_MAPS[0];

/** Names that only some maps have: by the others no map can be told. */
const TELLING = FIELD_MAPS.flatMap(({ names }) => Object.values<string>(names)).filter(
  (name) => !FIELD_MAPS.every(({ names }) => Object.values<string>(names).includes(name)),
);

/**
 * The map of which the record has the most fields; of equals, the one that stands first in the table.
 * Undefined if the record has no field that could tell.
 */
export function detectFieldMap(fieldNames: Iterable<string>): FieldMap | undefined {
  const present = new Set(fieldNames);
  if (!TELLING.some((name) => present.has(name))) return undefined;
  let best = CANONICAL;
  let bestCount = 0;
  for (const map of FIELD_MAPS) {
    const count = Object.values(map.names).filter((name) => present.has(name)).length;
    if (count > bestCount) {
      best = map;
      bestCount = count;
    }
  }
  return best;
}
