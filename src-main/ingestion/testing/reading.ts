import type { IngotError } from '../../../src-shared/errors';
import { openSource } from '../open-source';
import type { SourceRecord } from '../record';

/** Text or bytes in; records, and the error that ended them, out. */

export interface Reading {
  readonly records: SourceRecord[];
  readonly error: IngotError | undefined;
}

export async function collect<T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

export async function* streamOf(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}

export function openPieces(...pieces: (string | Uint8Array)[]) {
  return openSource({ kind: 'stream', name: 'test.json', stream: streamOf(...pieces) });
}

/** Throws errors of opening; returns the one that ends the reading. */
export async function readPieces(...pieces: (string | Uint8Array)[]): Promise<Reading> {
  const source = await openPieces(...pieces);
  const records: SourceRecord[] = [];
  try {
    for await (const chunk of source.chunks()) records.push(...chunk);
  } catch (error) {
    return { records, error: error as IngotError };
  }
  return { records, error: undefined };
}

export function cutEvery(bytes: Uint8Array, length: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += length) pieces.push(bytes.subarray(from, from + length));
  return pieces;
}

/** One record's text, every field valid unless overridden; `undefined` removes a field. Values are raw JSON. */
export function recordText(overrides: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Record<string, string | undefined> = {
    id: '"a"',
    accountType: '"mint"',
    tokens: '1',
    callbackTimeMs: '0',
    data: '{}',
    version: '1',
    ...overrides,
  };
  const members = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
