import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { type RunSettings, runSettingsSchema } from '../../../src-shared/run-settings';
import type { DatabaseTarget } from '../../storage/open-database';
import type { Clock } from '../../time/clock';

/** An admitted window. Only the hash of its secret is stored. */
const keptSessionSchema = z.object({ hash: z.string(), sinceMs: z.number() });
export type KeptSession = z.infer<typeof keptSessionSchema>;

/**
 * What a web shell stores for the next one on the same database, so that a browser tab finds it again, and for commands of the
 * same user while it runs. Readable only by its owner: the key opens a window.
 */
export const webStateSchema = z.object({
  port: z.int().min(1).max(65_535),
  sessions: z.array(keptSessionSchema),
  /** Null once it has ended. */
  running: z.object({ pid: z.int(), key: z.string() }).nullable(),
});
export type WebState = z.infer<typeof webStateSchema>;

/** Null for a database in memory. */
export function webStatePath(target: DatabaseTarget): string | null {
  switch (target.kind) {
    case 'memory':
      return null;
    case 'data-dir':
      return join(target.dataDir, 'ingot.web.json');
    case 'server': {
      const name = createHash('sha256').update(target.url).digest('hex').slice(0, 16);
      return join(envPaths('ingot', { suffix: '' }).data, `ingot.web.${name}.json`);
    }
  }
}

/** Where a running web shell accepts commands of its own user: by POST, with its key as bearer token. */
export const CONTROL_PATH = '/control';

export const controlRequestSchema = z.discriminatedUnion('ask', [
  /** An address for another browser. */
  z.strictObject({ ask: z.literal('link') }),
  /** A second start: a window, if wanted and there is a browser, and its file. */
  z.strictObject({
    ask: z.literal('open'),
    show: z.boolean(),
    file: z.string().min(1).max(4096).nullable(),
    run: runSettingsSchema,
  }),
]);
export type ControlRequest = z.infer<typeof controlRequestSchema>;

const controlAnswerSchema = z.object({
  /** Opens the window once, within ten minutes; null if a window was opened. */
  address: z.string().nullable(),
  /** Why the file could not be ingested, for a person. */
  problem: z.string().nullable(),
});
export type ControlAnswer = z.infer<typeof controlAnswerSchema>;

const ANSWER_WITHIN_MS = 15_000;

/** Asks the web shell of this database; null if there is none, or no answer. */
export async function askRunningShell(
  path: string,
  request: ControlRequest,
  clock: Pick<Clock, 'now' | 'setAlarm'>,
): Promise<ControlAnswer | null> {
  const state = await readFile(path, 'utf8').then(
    (text) => webStateSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  );
  // A killed one leaves its state behind, and another program may have its port.
  if (!state?.running || !isAlive(state.running.pid)) return null;
  const late = new AbortController();
  const alarm = clock.setAlarm(clock.now() + ANSWER_WITHIN_MS, () => late.abort());
  try {
    const response = await fetch(`http://127.0.0.1:${state.port}${CONTROL_PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${state.running.key}` },
      body: JSON.stringify(request),
      signal: late.signal,
    });
    return response.ok ? controlAnswerSchema.parse(await response.json()) : null;
  } catch {
    return null;
  } finally {
    alarm.clear();
  }
}

/**
 * Asks the web shell of this database to bring a window to the front, for another shell that could only say that it is in use.
 * @returns false if there is no such shell, or it has no browser: then it got no file either.
 */
export async function raiseRunningShell(
  target: DatabaseTarget,
  { file, run }: { readonly file: string | null; readonly run: RunSettings },
  clock: Pick<Clock, 'now' | 'setAlarm'>,
): Promise<boolean> {
  const path = webStatePath(target);
  if (path === null) return false;
  const shown = await askRunningShell(path, { ask: 'open', show: true, file: null, run }, clock);
  if (shown?.address !== null) return false;
  if (file !== null) await askRunningShell(path, { ask: 'open', show: false, file, run }, clock);
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
