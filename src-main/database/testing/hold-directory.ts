/**
 * A program for the tests of the lock: locks the data directory in its first argument, prints the result as one line of JSON, and
 * holds it until its standard input ends or it is killed.
 */
import { IngotError } from '../../../src-shared/errors';
import { lockDirectory } from '../lock';

const dataDir = process.argv[2];
if (!dataDir) throw new Error('needs a data directory');
try {
  await lockDirectory(dataDir, { program: 'Ingot in a test', nowMs: Date.UTC(2026, 10, 22, 19, 0) });
  process.stdout.write(`${JSON.stringify({ held: true })}\n`);
  process.stdin.resume();
} catch (error) {
  if (!(error instanceof IngotError)) throw error;
  process.stdout.write(`${JSON.stringify({ held: false, message: error.message })}\n`);
}
