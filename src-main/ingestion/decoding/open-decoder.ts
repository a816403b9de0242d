import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ProgramNode, RootNode } from '@codama/nodes';
import { type AnchorIdl, rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { IngotError } from '../../../src-shared/errors';
import type { IdlFile } from '../../../src-shared/mapping';
import { isPublicKey } from '../base58';
import { compileProgram, type ProgramLayout } from './compile-program';
import type { Decode } from './decoded';
import { createDecode } from './decoder';
import { knownPrograms } from './known-programs';

/** A program whose IDL was read from a file. */
export interface LoadedProgram {
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  readonly layout: ProgramLayout;
}

/** An IDL of a folder that cannot be used, and why, a sentence. */
interface UnusableIdl {
  readonly file: string;
  readonly problem: string;
}

interface Decoder {
  readonly decode: Decode;
  /** In folders: they are passed over, because one file must not stop all that is read. */
  readonly unusable: readonly UnusableIdl[];
  readonly loaded: readonly LoadedProgram[];
  /** That were loaded, as a run records them. */
  readonly files: readonly IdlFile[];
}

const MAX_IDL_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 1_000;

/**
 * A decoder that knows the programs of every cluster and those whose IDLs, of Anchor or Codama, are given; of two for one program
 * the first counts, and one that is given goes before one that is known.
 *
 * @param paths Files, or folders whose `.json` files are looked at: those that are no IDL are passed over.
 * @throws IngotError `invalid_input`, naming the file, if one that `paths` names cannot be used.
 */
export async function openDecoder(paths: readonly string[]): Promise<Decoder> {
  const unusable: UnusableIdl[] = [];
  const loaded = (await Promise.all(paths.map((path) => readPath(path, unusable)))).flat();
  const files = new Map(
    loaded.map(({ file, sha256 }) => [file, { name: basename(file, '.json'), sha256 } satisfies IdlFile]),
  );
  return {
    decode: createDecode([...loaded.map(({ layout }) => layout), ...knownPrograms()]),
    loaded,
    unusable,
    files: [...files.values()],
  };
}

async function readPath(path: string, unusable: UnusableIdl[]): Promise<readonly LoadedProgram[]> {
  try {
    if (!(await stat(path)).isDirectory()) {
      const programs = await readIdl(path);
      if (programs === null) throw badIdl(path, 'it is neither an Anchor nor a Codama IDL');
      return programs;
    }
    const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
    if (names.length > MAX_FILES) throw badIdl(path, `it holds more than ${MAX_FILES} files`);
    const loaded: LoadedProgram[] = [];
    for (const name of names) {
      const file = join(path, name);
      try {
        for (const program of (await readIdl(file)) ?? []) loaded.push(program);
      } catch (error) {
        unusable.push({ file, problem: messageOf(error) });
      }
    }
    return loaded;
  } catch (error) {
    throw error instanceof IngotError ? error : badIdl(path, messageOf(error), error);
  }
}

/** Null: it is no IDL. */
async function readIdl(file: string): Promise<readonly LoadedProgram[] | null> {
  if ((await stat(file)).size > MAX_IDL_BYTES) throw badIdl(file, `it has more than ${MAX_IDL_BYTES} bytes`);
  const bytes = await readFile(file);
  try {
    const nodes = programsOf(JSON.parse(bytes.toString('utf8')));
    if (!nodes) return null;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return nodes.map((node) => {
      const address = node.publicKey || basename(file, '.json');
      if (!isPublicKey(address)) {
        throw new Error(`it names no address for ${node.name}: name the file after it, as ADDRESS.json`);
      }
      return { file, sha256, layout: { ...compileProgram(node), address } };
    });
  } catch (error) {
    throw badIdl(file, messageOf(error), error);
  }
}

function programsOf(idl: unknown): readonly ProgramNode[] | undefined {
  if (typeof idl !== 'object' || idl === null) return undefined;
  if (isCodama(idl)) return [idl.program, ...(idl.additionalPrograms ?? [])];
  if (!isAnchor(idl)) return undefined;
  // Only accounts and types are read, and what else is wrong with an IDL does no harm.
  const { program } = rootNodeFromAnchor({ ...idl, instructions: [], events: [], errors: [] });
  // That library has a later version of the types.
  return [program as ProgramNode];
}

/** What else is not as it should be is found when it is compiled. */
const isCodama = (idl: object): idl is RootNode => 'kind' in idl && idl.kind === 'rootNode';
const isAnchor = (idl: object): idl is AnchorIdl => 'instructions' in idl;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function badIdl(file: string, what: string, cause?: unknown): IngotError {
  return new IngotError('invalid_input', `The IDL ${file} cannot be used: ${what}`, {}, cause);
}
