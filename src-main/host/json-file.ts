import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { replaceFile } from '../database/durable-files';
import { makeDirectory } from '../database/make-directory';
import type { Logger } from '../observability/logger';

/** A small file of settings. Without a path it lasts as long as the program. */
export interface JsonFile<T> {
  read(): Promise<T>;
  write(value: T): Promise<void>;
}

/** An unreadable or invalid file counts as missing: no such file is worth refusing to start. Its value is then `fallback`. */
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
      // In turn, otherwise an older value could be written last.
      writing = writing
        .catch(() => undefined)
        .then(() => {
          makeDirectory(dirname(path));
          // Another process may write the same file.
          const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
          return replaceFile(path, `${JSON.stringify(value, null, 2)}\n`, draft);
        });
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
    logger.warn({ err: error, path }, 'an invalid preferences file was ignored');
    return fallback;
  }
}
