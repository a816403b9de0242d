/** The fields of an update, and `parentProgram`, which is stored inside `data`. */
export const FIELDS = [
  'id',
  'accountType',
  'tokens',
  'slot',
  'version',
  'callbackTimeMs',
  'data',
  'parentProgram',
] as const;
export type Field = (typeof FIELDS)[number];

/**
 * The names that producers of the same stream use for each field, the canonical name first. Names are compared without case and
 * underscores, so `callbackTimeMs` also covers `callback_time_ms` and `call_back_time_ms`. To support a synonym, add it here.
 */
const SYNONYMS: Readonly<Record<Field, readonly string[]>> = {
  id: ['id'],
  accountType: ['accountType', 'parentProgramSubType'],
  tokens: ['tokens'],
  slot: ['slot'],
  version: ['version'],
  callbackTimeMs: ['callbackTimeMs'],
  data: ['data'],
  parentProgram: ['parentProgram', 'parentProgramId'],
};

export interface NamedField {
  readonly field: Field;
  /** 0 for the canonical name as written. If a record has several names for one field, the lowest counts. */
  readonly rank: number;
}

const plain = (name: string) => name.replaceAll('_', '').toLowerCase();

const BY_PLAIN_NAME = new Map(
  FIELDS.flatMap((field) => SYNONYMS[field].map((name, order) => [plain(name), { field, name, order }])),
);

/** Underscores are unlimited, but no known name is longer than this. */
const LONGEST_NAME = 64;

/** Undefined for an unknown name. */
export function findField(name: string): NamedField | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const found = BY_PLAIN_NAME.get(plain(name));
  return found && { field: found.field, rank: 2 * found.order + (name === found.name ? 0 : 1) };
}

/** Whether only an update of Ingot has it: an envelope may have an id or a version, too. */
export function isOwnName(name: string): boolean {
  const field = findField(name)?.field;
  return field === 'accountType' || field === 'tokens' || field === 'callbackTimeMs';
}

/** `callbackTimeMs` -> `callback_time_ms`. */
export function toSnakeCase(field: Field): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The field names that a source has used so far. */
export interface UsedNames {
  add(field: Field, name: string): void;
  /**
   * `canonical`; or the other names, as `account_type, callback_time_ms`; or, after `mixed: `, all names of each field that had
   * several.
   */
  describe(): string;
  /** Whether a name occurred that tells one producer from another. */
  readonly areTold: boolean;
}

export const CANONICAL = 'canonical';
export const MIXED = 'mixed: ';

/** Limit per field: one name can be written in many ways. */
const KEPT_NAMES = 8;

export function createUsedNames(): UsedNames {
  const used = new Map<Field, Set<string>>();
  return {
    add(field, name) {
      const names = used.get(field) ?? new Set();
      if (names.size < KEPT_NAMES) used.set(field, names.add(name));
    },
    describe() {
      const isMixed = [...used.values()].some((names) => names.size > 1);
      const shown = FIELDS.flatMap((field) => {
        const names = [...(used.get(field) ?? [])];
        return names.length > 1 ? names : names.filter((name) => name !== field);
      }).join(', ');
      return isMixed ? MIXED + shown : shown || CANONICAL;
    },
    get areTold() {
      return used.has('accountType') || used.has('callbackTimeMs');
    },
  };
}
