import { basename } from 'node:path';
import type { SourceChoice } from '../../../src-shared/contract';
import { IngotError } from '../../../src-shared/errors';
import { previewSource } from '../../ingestion/open-source';
import type { SomeHandlers } from '../dispatch';
import type { RecentSources } from '../recent-sources';
import type { SourceAccess } from '../source-access';

export interface SourceDeps {
  readonly access: SourceAccess;
  readonly recent: RecentSources;
  /** The system's open dialog: a path, or null if it was cancelled. Null: this shell has none. */
  readonly chooseFile: (() => Promise<string | null>) | null;
}

export function createSourceHandlers({ access, recent, chooseFile }: SourceDeps): SomeHandlers {
  return {
    async 'source.choose'() {
      if (!chooseFile) {
        throw new IngotError('invalid_input', 'There is no open dialog here.', { hint: 'Upload the file.' });
      }
      const path = await chooseFile();
      return path === null ? null : grantFile(access, path);
    },
    'source.recent': () => recent.list(),
    async 'source.preview'({ source, count }) {
      return previewSource(await access.specOf(source), count);
    },
  };
}

/** A file that a person chose, as a source that clients may name from now on. */
export async function grantFile(access: SourceAccess, path: string): Promise<SourceChoice> {
  const real = await access.grant(path);
  return { source: { kind: 'path', path: real }, name: basename(real) };
}
