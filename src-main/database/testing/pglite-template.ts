import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPglite } from '../pglite';

/** Counted on when what is in it changes. */
const TEMPLATE = 2;

/**
 * A data directory that was opened once and closed, for tests to copy, damage and open. Kept beside other
 * caches, by PGlite's version.
 *
 * @returns the directory; nobody opens it.
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
    // Another test run was first.
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists())) throw error;
  });
  return template;
}
