import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const servingSchema = z.object({ pid: z.int(), port: z.int().min(1).max(65_535) });

/** Beside the lock, so that a refused program can ask the holder. */
const fileIn = (dataDir: string) => join(dataDir, 'ingot.port.json');

/** Notes the port on which this process reports its health. Returns the function that removes the note. */
export async function noteServingPort(dataDir: string, port: number): Promise<() => Promise<void>> {
  await writeFile(fileIn(dataDir), `${JSON.stringify({ pid: process.pid, port })}\n`, { mode: 0o600 });
  return async () => {
    // A later program may have written its own note.
    if ((await readServing(dataDir))?.pid === process.pid) await rm(fileIn(dataDir), { force: true });
  };
}

/** The port of process `pid`, which holds the directory; null: unknown. */
export async function findServingPort(dataDir: string, pid: number): Promise<number | null> {
  const serving = await readServing(dataDir);
  // A killed program leaves its note behind.
  return serving?.pid === pid ? serving.port : null;
}

async function readServing(dataDir: string): Promise<z.infer<typeof servingSchema> | null> {
  try {
    return servingSchema.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
