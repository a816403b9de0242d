import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../src-main/time/clock';
import { OUTCOMES } from '../../src-shared/update';
import { type DrivenShell, listenToErrors, sinkOf, untilExit } from './driven-shell';
import type { Hearing } from './hearing';

export interface DriveOptions {
  /** Where the built program lies. */
  readonly root: string;
  /** Flags that name the database. */
  readonly place: readonly string[];
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An empty folder of its own. */
  readonly folder: string;
  readonly hearing: Hearing;
  readonly clock: Clock;
}

const count = z.number();
const lineSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.enum(OUTCOMES),
    at: z.number(),
    record: z.number(),
    id: z.string().default(''),
    version: z.string().default(''),
  }),
  z.object({
    event: z.enum(['fired', 'cancelled']),
    at: z.number(),
    id: z.string(),
    version: z.string(),
    supersededBy: z.string().nullable().default(null),
  }),
  z.object({
    event: z.literal('report'),
    leaders: z.array(
      z.object({ accountType: z.string(), id: z.string(), tokens: z.string(), version: z.string() }),
    ),
  }),
  z.object({
    event: z.literal('summary'),
    records: count,
    indexed: count,
    stale: count,
    duplicate: count,
    conflict: count,
    rejected: count,
    fired: count,
    cancelled: count,
    pending: count,
  }),
]);

/** What one line of `ingest --json` says. */
export function hearLine(hearing: Hearing, line: string, heardMs: number): void {
  const said = lineSchema.parse(JSON.parse(line));
  switch (said.event) {
    case 'report':
      hearing.leaders(said.leaders);
      break;
    case 'summary': {
      const { event: _, ...counts } = said;
      hearing.summary(counts);
      break;
    }
    case 'fired':
    case 'cancelled':
      hearing.settled({ ...said, settlement: said.event }, heardMs);
      break;
    default:
      hearing.outcome({ ...said, outcome: said.event }, heardMs);
  }
}

/** The command line, its standard input a pipe, its standard output read as it comes. */
export function driveCli({ root, place, nodeFlags, env, folder, hearing, clock }: DriveOptions): DrivenShell {
  const args = ['ingest', '-', '--arrival', 'none', '--json', ...place];
  const child = spawn(process.execPath, [...nodeFlags, join(root, 'out/main/cli.js'), ...args], {
    cwd: folder,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const errors = listenToErrors(child);
  const exit = untilExit(child);
  let isFinishing = false;
  let rest = '';
  const broken = new Promise<never>((_, reject) => {
    exit.then((wrong) => {
      if (!isFinishing || wrong) reject(new Error(`ingot ended too early (${wrong ?? 0}): ${errors()}`));
    }, reject);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const heardMs = clock.monotonicMs();
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      try {
        for (const line of lines) hearLine(hearing, line, heardMs);
      } catch (error) {
        reject(error);
      }
    });
  });
  // It may break at any time, also while nobody waits for it.
  broken.catch(() => {});
  return {
    pid: child.pid,
    broken,
    open: async () => sinkOf(child.stdin),
    async finish() {
      isFinishing = true;
      child.stdin.end();
      await exit;
    },
    fetchBackup: null,
    stop: async () => {},
    kill: () => void child.kill('SIGKILL'),
  };
}
