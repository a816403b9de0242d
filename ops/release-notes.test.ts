import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './ensure-built.mjs';
import { composeNotes } from './release-notes.mjs';

const changelog = `# Changelog

## [Unreleased]

### Added

- Something that comes later.

## [1.10.0] - 2026-12-01

### Fixed

- A [link](https://example.com) and [Unreleased] are left as they are.

## [1.1.0] - 2026-11-01

## [1.0.0]

- First.

[1.10.0]: https://example.com/compare
`;
const notesOf = (version: string, tag = `v${version}`) => composeNotes(tag, { version, changelog });

describe('the notes of a release', () => {
  it('are its section of the changelog, without its heading', () => {
    expect(notesOf('1.10.0')).toBe(
      '### Fixed\n\n- A [link](https://example.com) and [Unreleased] are left as they are.',
    );
  });

  it.each([
    ['1.10.0', 'v1.1.0', 'The tag is v1.1.0, but package.json has 1.10.0: it must be v1.10.0.'],
    ['1.10.0', '1.10.0', 'The tag is 1.10.0, but package.json has 1.10.0: it must be v1.10.0.'],
    ['1.10', 'v1.10', 'CHANGELOG.md has no section "## [1.10] - DATE".'],
    ['1.1.0', 'v1.1.0', 'The section of 1.1.0 in CHANGELOG.md is empty.'],
    ['1.0.0', 'v1.0.0', 'The heading "## [1.0.0]" of CHANGELOG.md must be "## [1.0.0] - YYYY-MM-DD".'],
  ])('are refused for version %s with tag %s', (version, tag, message) => {
    expect(() => notesOf(version, tag)).toThrow(message);
  });
});

it('the changelog has its section for the next release', () => {
  expect(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')).toContain('\n## [Unreleased]\n');
});
