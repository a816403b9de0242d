import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { slotOf, writeVersionOf } from '../../../src-shared/update';
import type { Given } from '../../ingestion/testing/memory-source';

export const FILE_FORMS = ['array', 'ndjson', 'array gzipped', 'ndjson gzipped'] as const;
export type FileForm = (typeof FILE_FORMS)[number];

/** Writes a source file of the given updates; an invalid one lacks its version. */
export async function writeSource(path: string, given: readonly Given[], form: FileForm): Promise<void> {
  const records = given.map((entry) => {
    if ('invalid' in entry) return '{"id":"x","accountType":"mint","tokens":1,"callbackTimeMs":1}';
    const { id, accountType, tokens, version, callbackTimeMs, data } = entry;
    const named = `"id":${JSON.stringify(id)},"accountType":${JSON.stringify(accountType)}`;
    return `{${named},"tokens":${tokens},"slot":${slotOf(version)},"version":${writeVersionOf(version)},"callbackTimeMs":${callbackTimeMs},"data":${data}}`;
  });
  const text = form.startsWith('array') ? `[\n${records.join(' ,\n')}\n]\n` : `${records.join('\n')}\n`;
  await writeFile(path, form.endsWith('gzipped') ? gzipSync(text) : text);
}
