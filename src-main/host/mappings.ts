import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../src-shared/errors';
import { type KnownFormat, type Mapping, mappingSchema, type Reading } from '../../src-shared/mapping';
import type { Logger } from '../observability/logger';
import { openJsonFile } from './json-file';

/** Mappings by name: those that ship with Ingot, and those that a person saved. */
export interface Mappings {
  list(): Promise<{ readonly known: readonly KnownFormat[]; readonly saved: readonly Mapping[] }>;
  /** @throws IngotError `conflict` if one of that name ships with Ingot. */
  save(mapping: Mapping): Promise<void>;
  delete(name: string): Promise<void>;
  /** The same settings with the saved mapping that they name, so that a run keeps it. */
  resolve<Settings extends Pick<Reading, 'mapping'>>(settings: Settings): Promise<Settings>;
}

export const MAPPINGS_FILE = 'mappings.json';

const isShipped = async (name: string) =>
  (await import('../ingestion/mapped/find-format')).findShipped(name) !== undefined;

/** @param path null: they last as long as the program. */
export function openMappings(path: string | null, logger: Logger): Mappings {
  const file = openJsonFile<readonly Mapping[]>(path, z.array(mappingSchema), [], logger);
  const without = async (name: string) => (await file.read()).filter((mapping) => mapping.name !== name);
  return {
    async list() {
      const { KNOWN_FORMATS } = await import('../ingestion/mapped/known-formats');
      return { known: KNOWN_FORMATS, saved: await file.read() };
    },
    async save(mapping) {
      if (await isShipped(mapping.name)) {
        throw new IngotError('conflict', `A format that ships with Ingot is called ${mapping.name}.`, {
          hint: 'Choose another name.',
        });
      }
      await file.write([...(await without(mapping.name)), mapping]);
    },
    delete: async (name) => file.write(await without(name)),
    async resolve(settings) {
      const { mapping } = settings;
      if (typeof mapping !== 'string' || (await isShipped(mapping))) return settings;
      const saved = (await file.read()).find(({ name }) => name === mapping);
      return saved ? { ...settings, mapping: saved } : settings;
    },
  };
}

/**
 * The same settings with the mapping of the file that they name. A name of a known or saved mapping stays.
 * @throws IngotError `invalid_input` if the file cannot be read or is no mapping.
 */
export async function readMappingFile<Settings extends Pick<Reading, 'mapping'>>(
  settings: Settings,
): Promise<Settings> {
  const { mapping: path } = settings;
  if (typeof path !== 'string' || (await isShipped(path))) return settings;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new IngotError(
      'invalid_input',
      `${path} is neither the name of a mapping nor a file that can be read.`,
      { hint: '"ingot formats" lists the names.' },
      error,
    );
  }
  try {
    const name = basename(path, extname(path)).replace(/[^\w-]/g, '-');
    const mapping = mappingSchema.parse({ name, ...(JSON.parse(text) as object) });
    return { ...settings, mapping };
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const why = issue ? `${issue.path.join('.')}: ${issue.message}` : 'it is not JSON';
    throw new IngotError('invalid_input', `${path} is no mapping: ${why}.`, {}, error);
  }
}
