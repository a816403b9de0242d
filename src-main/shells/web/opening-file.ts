import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A page that redirects a browser to an address. */
export interface OpeningFile {
  /** Safe on a command line: it does not reveal the address. */
  readonly url: string;
  /** Idempotent. */
  remove(): Promise<void>;
}

/**
 * Passes an address with a secret to a browser. Every user of the machine can read a command line, but only the owner can read
 * this file.
 */
export async function writeOpeningFile(address: string): Promise<OpeningFile> {
  // The system creates it with mode 0700.
  const directory = await mkdtemp(join(tmpdir(), 'ingot-open-'));
  const file = join(directory, 'open.html');
  await writeFile(file, compose(address), { mode: 0o600, flag: 'wx' });
  return {
    url: pathToFileURL(file).href,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** @param address one of our own, without characters to escape. */
function compose(address: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="dark light">
<meta http-equiv="refresh" content="0;url=${address}">
<title>Ingot</title>
</head>
<body></body>
</html>
`;
}
