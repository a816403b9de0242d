import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { TargetSettings } from '../../src-shared/deliveries';
import type { Clock } from '../time/clock';
import { type Answer, excerptOf, KEPT_OUTPUT_BYTES, type Sender, withTimeout } from './send';

type CommandSettings = Extract<TargetSettings, { kind: 'command' }>;

/** What programs need to start. The rest may hold secrets. */
const KEPT_VARIABLES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SystemRoot', 'TEMP', 'PATHEXT'];

/** Starts a program for each event, which it gets on standard input. It is delivered if the program ends with 0. */
export function createCommand(settings: CommandSettings, clock: Clock): Sender {
  const [program = '', ...args] = settings.argv;
  const kept = KEPT_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const run = (id: string, body: string, signal: AbortSignal) =>
    new Promise<Answer>((resolve, reject) => {
      // What is over before it begins gets no event that could end it.
      if (signal.aborted) throw new Error('aborted');
      const child = spawn(program, args, {
        env: { ...Object.fromEntries(kept), INGOT_EVENT_ID: id.replaceAll('\0', '') },
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own, so that what it has started ends with it.
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      const output: Buffer[] = [];
      let bytes = 0;
      const hear = (chunk: Buffer) => {
        if (bytes < KEPT_OUTPUT_BYTES) output.push(chunk);
        bytes += chunk.length;
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      const kill = () => {
        try {
          if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL');
          else process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
        reject(new Error('aborted'));
      };
      signal.addEventListener('abort', kill, { once: true });
      child.on('error', reject);
      // It need not read the event.
      child.stdin.on('error', () => {});
      child.on('close', (code, by) => {
        signal.removeEventListener('abort', kill);
        if (code === 0) return resolve({ delivered: true, answer: '0', error: null });
        const how = code === null ? `was ended by ${by}` : `ended with ${code}`;
        const said = excerptOf(output);
        resolve({
          delivered: false,
          answer: String(code ?? by),
          error: `${basename(program)} ${how}.${said === '' ? '' : ` ${said}`}`,
        });
      });
      child.stdin.end(`${body}\n`);
    });

  return {
    send: ({ id, body }, signal) =>
      withTimeout(clock, settings.timeoutSeconds * 1000, signal, async (ending, timedOut) => {
        try {
          return await run(id, body, ending);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          const why = timedOut()
            ? `did not end within ${settings.timeoutSeconds} s`
            : `could not be started (${code ?? 'unknown reason'})`;
          return { delivered: false, answer: null, error: `${basename(program)} ${why}.` };
        }
      }),
    close() {},
  };
}
