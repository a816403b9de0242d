import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPglite } from '../pglite';

/** Increase it when the content changes. */
const TEMPLATE = 2;

/**
 * A data directory that was opened once and closed, for tests to copy, damage and open. Cached by PGlite's version.
 *
 * @returns the directory; do not open it.
 */
export async function makePgliteTemplate(projectRoot: string): Promise<string> {
  const manifest = join(projectRoot, 'node_modules/@electric-sql/pglite/package.json');
  const { version }: { version: string } = JSON.parse(await readFile(manifest, 'utf8'));
  const cache = join(projectRoot, 'node_modules/.cache/ingot');
  const template = join(cache, `pglite-${TEMPLATE}-${version}`);
  const exists = () =>
    access(template).then(
      () => true,
      () => false,
    );
  if (await exists()) return template;

  await mkdir(cache, { recursive: true });
  const unfinished = `${template}.${process.pid}`;
  const db = await openPglite({ dataDir: unfinished });
  await db.close();
  await rename(unfinished, template).catch(async (error: unknown) => {
    // Another test run was faster.
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists())) throw error;
  });
  return template;
}
