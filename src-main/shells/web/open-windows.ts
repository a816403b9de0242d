import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAppWindow } from './chromium';
import { type OpeningFile, writeOpeningFile } from './opening-file';
import type { WebServer } from './server';

/** The windows that Ingot opened, in one browser with one profile. */
export interface Windows {
  /** Another window, opened by the running browser. */
  open(): Promise<void>;
  /** Resolves when all are closed, or none could be opened. */
  readonly closed: Promise<void>;
  /** Resolves when the browser has ended. */
  close(): Promise<void>;
}

/**
 * Opens the first window.
 * @param ownProfile the directory of its profile; null for a temporary one.
 */
export async function openWindows(
  browser: string,
  ownProfile: string | null,
  server: Pick<WebServer, 'issueLink'>,
): Promise<Windows> {
  const profile = ownProfile ?? (await mkdtemp(join(tmpdir(), 'ingot-window-')));
  const files = new Set<OpeningFile>();
  const remove = async (file: OpeningFile) => {
    await file.remove();
    files.delete(file);
  };
  const show = async () => {
    const { address, redeemed } = server.issueLink();
    const file = await writeOpeningFile(address);
    files.add(file);
    void redeemed.then(() => remove(file)).catch(() => undefined);
    return openAppWindow(browser, file.url, profile);
  };
  const first = await show();
  return {
    closed: first.closed,
    open: async () => void (await show()),
    async close() {
      await first.close();
      for (const file of [...files]) await remove(file);
      // Child processes of the browser may still be writing.
      if (ownProfile === null) {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
      }
    },
  };
}
