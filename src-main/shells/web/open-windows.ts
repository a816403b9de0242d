import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAppWindow } from './chromium';
import { type OpeningFile, writeOpeningFile } from './opening-file';
import type { WebServer } from './server';

/** The windows that Ingot has opened, all of one browser with one profile. */
export interface Windows {
  /** One more: the browser that runs already opens it. */
  open(): Promise<void>;
  /** Resolves when all were closed, or none could be opened. */
  readonly closed: Promise<void>;
  /** Resolves when the browser has ended. */
  close(): Promise<void>;
}

/**
 * Opens the first window.
 * @param ownProfile the directory of its profile; null for one that is removed with the window.
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
      // Helpers of a browser that has just ended may still write.
      if (ownProfile === null) {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
      }
    },
  };
}
