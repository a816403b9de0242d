import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { type RecentSource, sourceRefSchema } from '../../src-shared/contract';
import type { Logger } from '../observability/logger';
import type { Clock } from '../time/clock';
import { openJsonFile } from './json-file';
import type { Uploads } from './uploads';

const entrySchema = z.object({
  source: sourceRefSchema,
  name: z.string().max(1024),
  openedAtMs: z.number(),
});
type Entry = z.infer<typeof entrySchema>;

const KEPT = 10;

/** Recently opened sources, latest first, stored across starts. */
export interface RecentSources {
  /** Those that still exist. */
  list(): Promise<readonly RecentSource[]>;
  /** The paths among them: a person chose each of them once. */
  paths(): Promise<readonly string[]>;
  note(entry: Omit<Entry, 'openedAtMs'>): Promise<void>;
}

export function openRecentSources(
  path: string | null,
  { clock, logger, uploads }: { clock: Clock; logger: Logger; uploads: Uploads },
): RecentSources {
  const file = openJsonFile<readonly Entry[]>(path, z.array(entrySchema).readonly(), [], logger);
  const pathsOf = (entries: readonly Entry[]) =>
    entries.flatMap(({ source }) => (source.kind === 'path' ? [source.path] : []));
  return {
    async list() {
      const found = await Promise.all((await file.read()).map((entry) => withSize(entry, uploads)));
      return found.filter((entry) => entry !== null);
    },
    paths: async () => pathsOf(await file.read()),
    async note(entry) {
      const same = JSON.stringify(entry.source);
      const others = (await file.read()).filter(({ source }) => JSON.stringify(source) !== same);
      const entries = [{ ...entry, openedAtMs: clock.now() }, ...others].slice(0, KEPT);
      await file.write(entries).catch((error: unknown) => {
        logger.warn({ err: error }, 'the list of recent files could not be kept');
      });
    },
  };
}

/** Null if it is gone. */
async function withSize(entry: Entry, uploads: Uploads): Promise<RecentSource | null> {
  if (entry.source.kind === 'sample') return { ...entry, sizeBytes: null };
  if (entry.source.kind === 'upload') {
    const sizeBytes = uploads.sizeOf(entry.source.uploadId);
    return sizeBytes === null ? null : { ...entry, sizeBytes };
  }
  try {
    const { size } = await stat(entry.source.path);
    return { ...entry, sizeBytes: size };
  } catch {
    return null;
  }
}
