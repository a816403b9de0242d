import { access } from 'node:fs/promises';
import { type SourceRef, sourceRefSchema } from '../../src-shared/contract';
import { UPLOAD_GONE } from './uploads';

export const SOURCE_NOT_KEPT = 'Where its source came from was not kept.';

/** Where a run's source can be opened again, as it is kept with the run. */
export function composeOrigin(source: SourceRef): string {
  return JSON.stringify(source);
}

/** Null if it was not kept. */
export function originOf(origin: string | null): SourceRef | null {
  if (origin === null) return null;
  const parsed = sourceRefSchema.safeParse(JSON.parse(origin));
  return parsed.success ? parsed.data : null;
}

/** Why a source cannot be opened again, a sentence for a person; null if it can. */
export async function whyGone(
  source: SourceRef | null,
  isUploadThere: (uploadId: string) => boolean | Promise<boolean>,
): Promise<string | null> {
  switch (source?.kind) {
    case undefined:
      return SOURCE_NOT_KEPT;
    case 'sample':
      return null;
    case 'upload':
      return (await isUploadThere(source.uploadId)) ? null : UPLOAD_GONE;
    case 'path':
      return access(source.path).then(
        () => null,
        () => 'Its file is not there any more.',
      );
  }
}
