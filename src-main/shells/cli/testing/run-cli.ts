import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export const ROOT = join(import.meta.dirname, '../../../..');
export const PROGRAM = join(ROOT, 'out/main/cli.js');
/**
 * A database that lives for seconds is not worth compiling well: without this, that takes four tenths of all
 * the processor time of a short ingest.
 */
export const SHORT_LIVED = ['--liftoff-only', '--wasm-lazy-validation'] as const;

/** What any program says on a slow machine. */
const SLOW = /^.*a statement took long.*\n/gm;

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Without what depends on the speed of the machine. */
  readonly stderr: string;
  /** Of standard output. */
  readonly lines: readonly string[];
}

export interface CliProcess {
  readonly child: ChildProcess;
  write(text: string | Uint8Array): void;
  endInput(): void;
  /** Resolves with the first line of standard output that has `part` in it, past ones included. */
  untilLine(part: string): Promise<string>;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void;
  readonly ended: Promise<CliResult>;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Run this instead of the built program itself. */
  readonly command?: readonly [string, ...string[]];
}

/** Starts the built program in a home of its own, without any setting from outside. Ends with the test. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  const [file, ...first] = options.command ?? [process.execPath, ...SHORT_LIVED, PROGRAM];
  const child = spawn(file, [...first, ...args], {
    cwd: options.cwd ?? makeFolder(),
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    // Until then it may write into folders that go with the test.
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  // A program that ends without reading its input is none of the test's business.
  child.stdin.on('error', () => {});
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of [...waiting]) look();
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr: stderr.replaceAll(SLOW, ''), lines }));
  });
  return {
    child,
    ended,
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    signal: (name) => void child.kill(name),
    untilLine: (part) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.includes(part));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(
          (end) =>
            reject(new Error(`ended with ${end.code} before "${part}":\n${end.stdout}\n${end.stderr}`)),
          reject,
        );
      }),
  };
}

/** Runs the program to its end with no input. */
export function runCli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  const program = startCli(args, options);
  program.endInput();
  return program.ended;
}

/** Gives a program a terminal of its own: of util-linux, with other options on other systems. */
export const HAS_TERMINALS = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/** Starts the built program on a terminal: what is shown there, both streams, is its standard output. */
export function startOnTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const words = [process.execPath, ...SHORT_LIVED, PROGRAM, ...args].map((word) => `'${word}'`);
  const options = { command: ['script'] as const, env: { TERM: 'xterm', ...env } };
  return startCli(['-qefc', words.join(' '), '/dev/null'], options);
}

function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(INGOT_|XDG_|npm_|NO_COLOR$|FORCE_COLOR$|INIT_CWD$|NODE_|VITEST|TEST$)/.test(name),
  );
  const home = makeFolder();
  // The last three are for Windows.
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, APPDATA: home, LOCALAPPDATA: home };
}

/** An empty folder that goes with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that goes with the test. */
export function makeFile(content: string | Uint8Array, name = 'updates.json'): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** A valid record, changed as the test needs. */
export function record(changes: object = {}): Record<string, unknown> {
  return { id: 'a', accountType: 'mint', tokens: 5, callbackTimeMs: 500, data: {}, version: 1, ...changes };
}

export function toNdjson(records: readonly object[]): string {
  return records.map((each) => `${JSON.stringify(each)}\n`).join('');
}

/** Events by name, from lines of JSON. */
export function eventsOf(lines: readonly string[], name: string): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === name);
}
