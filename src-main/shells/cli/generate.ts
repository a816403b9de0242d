import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../../src-shared/errors';
import { type GeneratorOptions, generateUpdates } from '../../ingestion/generator';
import { EXIT, type ExitCode } from '../process/failure';
import { writeOut } from './write-out';

/**
 * Writes made-up updates to a file, or to standard output as fast as they are taken.
 * @throws IngotError `invalid_input` if the file cannot be written.
 */
export async function generate(options: GeneratorOptions, file: string | undefined): Promise<ExitCode> {
  if (file === undefined || file === '-') {
    await writeOut(generateUpdates(options));
    return EXIT.done;
  }
  try {
    await pipeline(generateUpdates(options), createWriteStream(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw new IngotError('invalid_input', `--out ${file} cannot be written: ${error.code}.`, {}, error);
    }
    throw error;
  }
  return EXIT.done;
}
