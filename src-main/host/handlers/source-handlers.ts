import { basename } from 'node:path';
import type { SourceChoice, SourceRef } from '../../../src-shared/contract';
import { IngotError } from '../../../src-shared/errors';
import { previewSource } from '../../ingestion/open-source';
import type { SomeHandlers } from '../dispatch';
import type { RecentSources } from '../recent-sources';
import type { SourceAccess } from '../source-access';
import type { Uploads } from '../uploads';

export interface SourceDeps {
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly recent: RecentSources;
  /** The system's open dialog: a path, or null if it was cancelled. Null: this shell has none. */
  readonly chooseFile: (() => Promise<string | null>) | null;
}

export function createSourceHandlers({ access, uploads, recent, chooseFile }: SourceDeps): SomeHandlers {
  return {
    async 'source.choose'() {
      if (!chooseFile) {
        throw new IngotError('invalid_input', 'There is no open dialog here.', { hint: 'Upload the file.' });
      }
      const path = await chooseFile();
      return path === null ? null : grantFile(access, path);
    },
    'source.recent': () => recent.list(),
    async 'source.preview'({ source, count, skipBrokenLines }) {
      return discardingRefused(uploads, source, async () => {
        const reading = access.specOf(source).then((spec) => previewSource(spec, count, { skipBrokenLines }));
        if (source.kind === 'upload') uploads.keepUntil(source.uploadId, reading);
        return reading;
      });
    },
  };
}

/** A file that a person chose, as a source that clients may name from now on. */
export async function grantFile(access: SourceAccess, path: string): Promise<SourceChoice> {
  const real = await access.grant(path);
  return { source: { kind: 'path', path: real }, name: basename(real) };
}

/** Keeps no upload that is no source: it may be a key. */
export async function discardingRefused<T>(
  uploads: Uploads,
  source: SourceRef,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isRefused = error instanceof IngotError && error.code === 'source_unreadable';
    if (isRefused && source.kind === 'upload') await uploads.discard(source.uploadId);
    throw error;
  }
}
