import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createSystemClock } from '../../src-main/time/clock';

const SHIM = join(import.meta.dirname, 'fault-shim.mjs');
/** A program that has not ended by then hangs: a finding of its own. */
const LONGEST_RUN_MS = 120_000;
const LOOK_AT_MEMORY_EVERY_MS = 100;
/**
 * The database's code is compiled once, not a second time to be faster: that would cost most of what these
 * short lives do.
 */
const ONE_COMPILER = '--liftoff-only';
const clock = createSystemClock();

/** What the shim does, and when: see `fault-shim.mjs`. */
export interface FaultPlan {
  readonly at: 'statement' | 'reply' | 'file';
  readonly match?: string;
  /** From 1; 0 only counts. */
  readonly nth: number;
  readonly act?: 'kill' | 'tear' | 'end-thread' | 'stop' | 'EIO' | 'EACCES' | 'EMFILE' | 'ENOSPC';
  readonly spinUs?: number;
  readonly sticky?: boolean;
  /** The file that says that the damage was done. */
  readonly markTo?: string;
  /** The file that the count goes to at the end. */
  readonly countTo?: string;
}

export interface RunOptions {
  readonly plan?: FaultPlan;
  readonly input?: Readable;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly hung: boolean;
  /** Whole lines of standard output, what came before the end alone. */
  readonly lines: readonly string[];
  readonly stderr: string;
  /** Resident at most, where the system tells; 0 elsewhere. */
  readonly peakMemoryBytes: number;
}

export interface Life {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Lines of standard output so far. */
  lineCount(): number;
  /** Resolves when there are so many lines, or the program has ended. */
  untilLines(count: number): Promise<void>;
}

export interface Program {
  /** Starts the command line. `ended` never rejects. */
  start(args: readonly string[], options?: RunOptions): Life;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  remove(): void;
}

/** A copy of the built program, so that a build meanwhile changes nothing under those that run. */
export function copyProgram(root: string): Program {
  const home = join(root, `node_modules/.cache/ingot/torture-${process.pid}`);
  cpSync(join(root, 'out/main'), home, { recursive: true });
  const cli = join(home, 'cli.js');
  return {
    start: (args, options) => start(cli, args, options),
    run: (args, options) => start(cli, args, options).ended,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Nothing of the person who runs it, and a home of its own. */
export function environmentAt(home: string): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(INGOT_|XDG_|NODE_|VITEST|NO_COLOR$|FORCE_COLOR$)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home };
}

function start(cli: string, args: readonly string[], { plan, input }: RunOptions = {}): Life {
  const shim = plan ? ['--import', SHIM] : [];
  const child = spawn(process.execPath, [ONE_COMPILER, ...shim, cli, ...args], {
    env: { ...environmentAt(dirname(cli)), ...(plan && { TORTURE_PLAN: JSON.stringify(plan) }) },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  if (input && child.stdin) {
    // A program that ends before its input does is what is looked at, not a fault of this one.
    child.stdin.on('error', () => input.destroy());
    input.pipe(child.stdin);
  }
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  let stderr = '';
  let hung = false;
  let peakMemoryBytes = 0;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const look of [...waiting]) look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const watch = new AbortController();
  void clock.waitUntil(clock.now() + LONGEST_RUN_MS, watch.signal).then(() => {
    if (watch.signal.aborted) return;
    hung = true;
    child.kill('SIGKILL');
  });
  const lookAtMemory = async () => {
    while (!watch.signal.aborted) {
      peakMemoryBytes = Math.max(peakMemoryBytes, readMemory(child.pid).peakBytes);
      await clock.waitUntil(clock.now() + LOOK_AT_MEMORY_EVERY_MS, watch.signal);
    }
  };
  void lookAtMemory();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      watch.abort();
      resolve({ code, signal, hung, lines, stderr, peakMemoryBytes });
      for (const look of [...waiting]) look();
    });
  });
  return {
    child,
    ended,
    lineCount: () => lines.length,
    untilLines: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (lines.length < count && child.exitCode === null && child.signalCode === null) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Resident at most so far, and now, in bytes, where the system tells; 0 elsewhere, and of what has ended. */
export function readMemory(pid: number | undefined): {
  readonly peakBytes: number;
  readonly nowBytes: number;
} {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bytesOf = (name: string) =>
      Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
    return { peakBytes: bytesOf('VmHWM'), nowBytes: bytesOf('VmRSS') };
  } catch {
    return { peakBytes: 0, nowBytes: 0 };
  }
}

/** Copies a data directory; by the system's own tool where there is one, which is several times as fast. */
export async function copyDirectory(from: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['-a', from, to]);
  } catch {
    cpSync(from, to, { recursive: true });
  }
}

export function waitMs(ms: number): Promise<void> {
  return clock.waitUntil(clock.now() + ms);
}
