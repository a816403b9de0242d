import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generateUpdates } from '../../src-main/ingestion/generator';

/** A file of generated updates for `accounts` accounts; returns its path. */
export async function generatedFile(directory: string, records: number, accounts: number): Promise<string> {
  const path = join(directory, `updates-${records}.json`);
  await pipeline(Readable.from(generateUpdates({ records, accounts, seed: 1 })), createWriteStream(path));
  return path;
}
