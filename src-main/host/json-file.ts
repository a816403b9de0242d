import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { makeDirectory } from '../database/make-directory';
import type { Logger } from '../observability/logger';

/** A small file of settings or memory. Without a path it is kept only while the program runs. */
export interface JsonFile<T> {
  read(): Promise<T>;
  write(value: T): Promise<void>;
}

/**
 * What cannot be read or does not fit `schema` counts as absent: nothing in such a file is worth refusing
 * to start. `fallback` is what is there then.
 */
export function openJsonFile<T>(
  path: string | null,
  schema: z.ZodType<T>,
  fallback: T,
  logger: Logger,
): JsonFile<T> {
  let known: T | undefined;
  let writing = Promise.resolve();
  return {
    async read() {
      if (known === undefined) known = path === null ? fallback : await load(path, schema, fallback, logger);
      return known;
    },
    write(value) {
      known = value;
      if (path === null) return Promise.resolve();
      // One after the other, or an older value could be renamed into place last.
      writing = writing
        .catch(() => undefined)
        .then(() => replaceFile(path, `${JSON.stringify(value, null, 2)}\n`));
      return writing;
    },
  };
}

async function load<T>(path: string, schema: z.ZodType<T>, fallback: T, logger: Logger): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn({ err: error, path }, 'a file of preferences could not be read');
    }
    return fallback;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    logger.warn({ err: error, path }, 'a file of preferences is not as it should be and was ignored');
    return fallback;
  }
}

/** The old text or the new one, never half of it, also after the end of the process at any instant. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  makeDirectory(dirname(path));
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
