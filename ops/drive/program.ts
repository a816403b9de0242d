import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createSystemClock } from '../../src-main/time/clock';

const SHIM = join(import.meta.dirname, '../torture/fault-shim.mjs');
/** A program that has not ended by then hangs, which is a finding of its own. */
const LONGEST_RUN_MS = 120_000;
const LOOK_AT_MEMORY_EVERY_MS = 100;
/** These lives are short: compiling the database's code a second time, to be faster, would take most of them. */
const ONE_COMPILER = ['--liftoff-only', '--wasm-lazy-validation'];
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
  /** The file that gets the count at the end. */
  readonly countTo?: string;
}

export interface RunOptions {
  readonly plan?: FaultPlan;
  readonly input?: Readable;
}

export interface StartOptions {
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard input is a pipe. */
  readonly piped?: boolean;
  /** Takes the lines of standard output as they come. Without it they are kept. */
  readonly onLines?: (lines: readonly string[]) => void;
  /** Null: it may run for as long as it likes. */
  readonly longestMs?: number | null;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly hung: boolean;
  /** Whole lines of standard output. */
  readonly lines: readonly string[];
  readonly stderr: string;
  /** Resident at most, where the system tells; 0 elsewhere. */
  readonly peakMemoryBytes: number;
}

export interface Life {
  readonly child: ChildProcess;
  /** Rejects if the program cannot be started, or `onLines` throws. */
  readonly ended: Promise<Ended>;
  /** Resolves when there are that many lines, or the program has ended. */
  untilLines(count: number): Promise<void>;
}

export interface Program {
  /** Starts the command line. */
  start(args: readonly string[], options?: RunOptions): Life;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  remove(): void;
}

/** A copy of the built program, so that a build changes nothing under those that run. */
export function copyProgram(root: string): Program {
  const home = join(root, `node_modules/.cache/ingot/torture-${process.pid}`);
  cpSync(join(root, 'out/main'), home, { recursive: true });
  const cli = join(home, 'cli.js');
  const start = (args: readonly string[], { plan, input }: RunOptions = {}) => {
    const life = startProgram(cli, args, {
      nodeFlags: [...ONE_COMPILER, ...(plan ? ['--import', SHIM] : [])],
      env: { ...environmentAt(dirname(cli)), ...(plan && { TORTURE_PLAN: JSON.stringify(plan) }) },
      piped: input !== undefined,
    });
    const { stdin } = life.child;
    if (input && stdin) {
      // A program may end before its input does.
      stdin.on('error', () => input.destroy());
      input.pipe(stdin);
    }
    return life;
  };
  return {
    start,
    run: (args, options) => start(args, options).ended,
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

/** Starts one of the built programs. */
export function startProgram(file: string, args: readonly string[], options: StartOptions = {}): Life {
  const { nodeFlags = [], env = process.env, cwd, piped = false, longestMs = LONGEST_RUN_MS } = options;
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...env },
    stdio: [piped ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const onLines = options.onLines ?? ((more) => lines.push(...more));
  const waiting = new Set<() => void>();
  const lookAgain = () => {
    for (const look of [...waiting]) look();
  };
  let rest = '';
  let stderr = '';
  let hung = false;
  let peakMemoryBytes = 0;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const watch = new AbortController();
  const watchOver = async () => {
    const fromMs = clock.now();
    while (!watch.signal.aborted) {
      peakMemoryBytes = Math.max(peakMemoryBytes, readMemory(child.pid).peakBytes);
      await clock.waitUntil(clock.now() + LOOK_AT_MEMORY_EVERY_MS, watch.signal);
      if (hung || longestMs === null || clock.now() - fromMs < longestMs) continue;
      hung = !watch.signal.aborted;
      child.kill('SIGKILL');
    }
  };
  void watchOver();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      try {
        onLines(parts);
      } catch (error) {
        reject(error);
      }
      lookAgain();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      watch.abort();
      resolve({ code, signal, hung, lines, stderr, peakMemoryBytes });
      lookAgain();
    });
  });
  return {
    child,
    ended,
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
