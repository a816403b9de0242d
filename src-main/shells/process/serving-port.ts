import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const servingSchema = z.object({ pid: z.int(), port: z.int().min(1).max(65_535) });

/** Beside the lock: whoever finds the directory held can ask the holder. */
const fileIn = (dataDir: string) => join(dataDir, 'ingot.port.json');

/** Notes on which port this process can be asked for its health. Gives the function that takes the note away. */
export async function noteServingPort(dataDir: string, port: number): Promise<() => Promise<void>> {
  await writeFile(fileIn(dataDir), `${JSON.stringify({ pid: process.pid, port })}\n`, { mode: 0o600 });
  return async () => {
    // A program that came after us may have noted its own.
    if ((await readServing(dataDir))?.pid === process.pid) await rm(fileIn(dataDir), { force: true });
  };
}

/** Where the process `pid`, which has the directory, can be asked; null: it did not say. */
export async function findServingPort(dataDir: string, pid: number): Promise<number | null> {
  const serving = await readServing(dataDir);
  // A program that was killed leaves its note behind.
  return serving?.pid === pid ? serving.port : null;
}

async function readServing(dataDir: string): Promise<z.infer<typeof servingSchema> | null> {
  try {
    return servingSchema.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
