// Prints the notes of a release: its section of CHANGELOG.md. Ends with an error if the tag is not the version of package.json.
//
//   node ops/release-notes.mjs v1.2.3

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './ensure-built.mjs';

/** @throws Error that says what does not fit. */
export function composeNotes(tag, { version, changelog }) {
  if (tag !== `v${version}`)
    throw new Error(`The tag is ${tag}, but package.json has ${version}: it must be v${version}.`);
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}] - DATE".`);
  const [heading = '', ...lines] = section.split('\n');
  if (!/^\[[^\]]+\] - \d{4}-\d{2}-\d{2}$/.test(heading.trim())) {
    throw new Error(`The heading "## ${heading}" of CHANGELOG.md must be "## [${version}] - YYYY-MM-DD".`);
  }
  // Links to versions stand at the end of the file.
  const notes = lines
    .filter((line) => !/^\[[^\]]+\]: /.test(line))
    .join('\n')
    .trim();
  if (notes === '') throw new Error(`The section of ${version} in CHANGELOG.md is empty.`);
  return notes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (name) => readFileSync(join(ROOT, name), 'utf8');
  try {
    const { version } = JSON.parse(read('package.json'));
    console.log(composeNotes(process.argv[2], { version, changelog: read('CHANGELOG.md') }));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
