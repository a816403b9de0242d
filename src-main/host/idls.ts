import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import type { KnownIdl } from '../../src-shared/mapping';
import { makeDirectory } from '../database/make-directory';

/** The IDLs that accounts of the chain are decoded by, beside those that ship with Ingot. */
export interface Idls {
  /** Files and folders, for `ReadOptions.idls`. */
  paths(): readonly string[];
  list(): Promise<readonly KnownIdl[]>;
  /** @throws IngotError `invalid_input` if it is none; `conflict` if there is no place to keep it. */
  add(name: string, text: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** A person's IDLs, in the directory of the program's state. */
const FOLDER = 'idls';

/**
 * @param setting A file or folder; null: none.
 * @param stateDirectory null: nothing is kept.
 */
export function openIdls(setting: string | null, stateDirectory: string | null): Idls {
  const folder = stateDirectory && join(stateDirectory, FOLDER);
  const isThere = () => folder !== null && existsSync(folder);
  const paths = () => [...(setting === null ? [] : [setting]), ...(isThere() ? [folder ?? ''] : [])];
  // Its libraries are loaded only when there is an IDL to look at.
  const load = async (files: readonly string[]) =>
    (await import('../ingestion/decoding/open-decoder')).openDecoder(files);
  const describe = async (files: readonly string[], isKept: boolean): Promise<readonly KnownIdl[]> => {
    const { loaded, unusable } = await load(files);
    return [
      ...loaded.map(({ file, sha256, layout }) => ({
        name: basename(file, '.json'),
        sha256,
        program: layout.name,
        address: layout.address,
        types: layout.accounts.map(({ type }) => type),
        problem: null,
        isKept,
      })),
      ...unusable.map(({ file, problem }) => {
        const name = basename(file, '.json');
        return { name, sha256: '', program: name, address: '', types: [], problem, isKept };
      }),
    ];
  };
  return {
    paths,
    async list() {
      if (paths().length === 0) return [];
      const [given, kept] = await Promise.all([
        describe(setting === null ? [] : [setting], false),
        describe(isThere() && folder !== null ? [folder] : [], true),
      ]);
      return [...kept, ...given];
    },
    async add(name, text) {
      if (folder === null) throw new IngotError('conflict', 'A database in memory keeps no IDLs: use --idl.');
      makeDirectory(folder);
      const file = join(folder, `${name}.json`);
      const before = await readFile(file).catch(() => null);
      await writeFile(file, text);
      try {
        await load([file]);
      } catch (error) {
        await (before === null ? rm(file) : writeFile(file, before));
        throw error;
      }
    },
    async delete(name) {
      if (folder !== null) await rm(join(folder, `${name}.json`), { force: true });
    },
  };
}
