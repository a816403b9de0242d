import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
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

/**
 * No such file is worth refusing to start. Entries of a list and members of an object that another version or a person wrote, and
 * that do not fit, are left out; a file that cannot be read, or does not fit at all, counts as missing: `fallback`. Before the
 * file is overwritten, it is copied to `PATH.invalid`.
 */
export function openJsonFile<T>(
  path: string | null,
  schema: z.ZodType<T>,
  fallback: T,
  logger: Logger,
): JsonFile<T> {
  let known: T | undefined;
  let isInvalid = false;
  const load = async (from: string): Promise<T> => {
    let text: string;
    try {
      text = await readFile(from, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        logger.warn({ err: error, path: from }, 'a file of preferences could not be read');
      }
      return fallback;
    }
    try {
      const value: unknown = JSON.parse(text);
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      isInvalid = true;
      logger.warn({ err: parsed.error, path: from }, 'what does not fit in a preferences file was left out');
      return schema.parse(fittingPart(value, parsed.error));
    } catch (error) {
      isInvalid = true;
      logger.warn({ err: error, path: from }, 'an invalid preferences file was ignored');
      return fallback;
    }
  };
  let writing = Promise.resolve();
  return {
    async read() {
      if (known === undefined) known = path === null ? fallback : await load(path);
      return known;
    },
    write(value) {
      known = value;
      if (path === null) return Promise.resolve();
      // In turn, otherwise an older value could be written last.
      writing = writing
        .catch(() => undefined)
        .then(async () => {
          if (isInvalid && existsSync(path)) await copyFile(path, `${path}.invalid`);
          isInvalid = false;
          makeDirectory(dirname(path));
          // Another process may write the same file.
          const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
          return replaceFile(path, `${JSON.stringify(value, null, 2)}\n`, draft);
        });
      return writing;
    },
  };
}

/** Without the entries or members that are wrong. */
function fittingPart(value: unknown, { issues }: z.ZodError): unknown {
  const wrong = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
    ),
  );
  if (Array.isArray(value)) return value.filter((_, at) => !wrong.has(String(at)));
  return Object.fromEntries(Object.entries(Object(value)).filter(([name]) => !wrong.has(name)));
}
