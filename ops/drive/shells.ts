import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { close, constants, createWriteStream, open } from 'node:fs';
import { get } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { openSession } from '../../src-main/shells/web/testing/browse';
import type { Clock } from '../../src-main/time/clock';
import type { MethodInput, MethodName, MethodResult } from '../../src-shared/contract';
import { fromWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { FeedFrame } from '../../src-shared/feed';
import type { ClientMessage, HostMessage } from '../../src-shared/wire';
import { type Hearing, hearFrames, hearLine } from './hearing';
import { type Life, startProgram } from './program';
import type { Sink } from './schedule';

/** A shell of Ingot in its own process, driven from outside. */
export interface DrivenShell {
  readonly pid: number | undefined;
  /** Resolves when updates can be written. */
  open(): Promise<Sink>;
  /** Ends the updates; resolves when the run has ended, callbacks included. */
  finish(): Promise<void>;
  /** Writes all content of its database to a file; null if a shell cannot do so after its run. */
  readonly fetchBackup: ((path: string) => Promise<void>) | null;
  /** Ends the program in order; then its database is free. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** Rejects if the program ends, or refuses, unexpectedly. Never resolves. */
  readonly broken: Promise<never>;
}

export interface DriveOptions {
  /** The built program. */
  readonly root: string;
  /** Flags that name the database. */
  readonly place: readonly string[];
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An empty folder. */
  readonly folder: string;
  readonly hearing: Hearing;
  readonly clock: Clock;
}

/** How much of the end of standard error a message quotes. */
const LAST_WORDS_CHARACTERS = 4_000;

/** `isExpected`: whether its end was requested. */
function untilBroken(
  { ended }: Life,
  isExpected: () => boolean,
): { broken: Promise<never>; fail: (error: unknown) => void } {
  let fail = (_: unknown) => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
    ended.then(({ code, signal, stderr }) => {
      if (isExpected() && code === 0) return;
      reject(new Error(`ingot ended too early (${code ?? signal}): ${stderr.slice(-LAST_WORDS_CHARACTERS)}`));
    }, reject);
  });
  // It may reject while nothing awaits it.
  broken.catch(() => {});
  return { broken, fail };
}

function sinkOf(stream: Writable): Sink {
  let waiting: (() => void) | null = null;
  const wake = () => {
    waiting?.();
    waiting = null;
  };
  // `broken` reports an early end.
  for (const event of ['drain', 'close', 'error']) stream.on(event, wake);
  return {
    write: (bytes) =>
      stream.write(bytes) || stream.destroyed
        ? null
        : new Promise((resolve) => {
            waiting = resolve;
          }),
  };
}

/** The command line: a pipe on standard input; standard output is read as it comes. */
export function driveCli({ root, place, folder, hearing, clock, ...options }: DriveOptions): DrivenShell {
  const args = ['ingest', '-', '--arrival', 'none', '--json', ...place];
  let isFinishing = false;
  const life = startProgram(join(root, 'out/main/cli.js'), args, {
    ...options,
    cwd: folder,
    piped: true,
    longestMs: null,
    onLines(lines) {
      const heardMs = clock.monotonicMs();
      for (const line of lines) hearLine(hearing, line, heardMs);
    },
  });
  const { stdin } = life.child;
  if (!stdin) throw new Error('its standard input is a pipe');
  return {
    pid: life.child.pid,
    broken: untilBroken(life, () => isFinishing).broken,
    open: async () => sinkOf(stdin),
    async finish() {
      isFinishing = true;
      stdin.end();
      await life.ended;
    },
    fetchBackup: null,
    stop: async () => {},
    kill: () => void life.child.kill('SIGKILL'),
  };
}

const LISTENING = /^listening (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/;

/**
 * The web shell, over HTTP and WebSocket like a window. Its source is a named pipe in an allowed directory, as if a program wrote
 * updates as they come.
 */
export function driveWeb({ root, place, folder, hearing, clock, ...options }: DriveOptions): DrivenShell {
  const pipe = join(folder, 'updates');
  let told = (_: string) => {};
  const address = new Promise<string>((resolve) => {
    told = resolve;
  });
  const life = startProgram(
    join(root, 'out/main/web.js'),
    ['--no-open', '--port', '0', '--allow-dir', folder, ...place],
    {
      ...options,
      cwd: folder,
      longestMs: null,
      onLines(lines) {
        for (const line of lines) {
          const found = LISTENING.exec(line)?.[1];
          if (found !== undefined) told(found);
        }
      },
    },
  );
  let client: WebClient | null = null;
  let stream: Socket | null = null;
  let isStopping = false;
  const { broken, fail } = untilBroken(life, () => isStopping);
  let ended = (_: RunStatus) => {};
  const runEnded = new Promise<RunStatus>((resolve) => {
    ended = resolve;
  });
  return {
    pid: life.child.pid,
    broken,
    async open() {
      const hear = hearFrames(hearing, ended);
      await promisify(execFile)('mkfifo', ['-m', '600', pipe]);
      const connected = await connectToWeb(await Promise.race([address, broken]), (frame) =>
        hear(frame, clock.monotonicMs()),
      );
      client = connected;
      // Answered only after the first update, which the host reads to detect the format.
      connected
        .call('run.start', { source: { kind: 'path', path: pipe }, settings: { arrival: 'none' } })
        .catch(fail);
      stream = new Socket({ fd: await openForWriting(pipe, broken), readable: false, writable: true });
      return sinkOf(stream);
    },
    async finish() {
      stream?.end();
      const status = await Promise.race([runEnded, broken]);
      if (status.state !== 'completed')
        throw new Error(`the run ended as ${status.state}: ${status.failure}`);
    },
    async fetchBackup(path) {
      if (!client) throw new Error('a shell that was never opened has nothing to back up');
      const { backupId } = await client.call('database.backup', {});
      await download(`${new URL(await address).origin}/backups/${backupId}`, client.cookie, path);
    },
    async stop() {
      isStopping = true;
      client?.close();
      life.child.kill('SIGTERM');
      await life.ended;
    },
    kill: () => void life.child.kill('SIGKILL'),
  };
}

const openFile = promisify(open);
const closeFile = promisify(close);

/** Waits for a reader. If none will come, our own reader ends the wait. */
async function openForWriting(pipe: string, broken: Promise<never>): Promise<number> {
  const opening = openFile(pipe, constants.O_WRONLY);
  try {
    return await Promise.race([opening, broken]);
  } catch (error) {
    const reader = await openFile(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await closeFile(await opening);
    await closeFile(reader);
    throw error;
  }
}

function download(address: string, cookie: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = get(address, { headers: { cookie } }, (response) => {
      if (response.statusCode === 200) pipeline(response, createWriteStream(path)).then(resolve, reject);
      else reject(new Error(`the backup was refused: ${response.statusCode}`));
    });
    asked.on('error', reject);
  });
}

/** A client of the web shell like its window, but it keeps nothing. */
interface WebClient {
  readonly cookie: string;
  call<Name extends MethodName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
  close(): void;
}

/** Redeems the printed address, opens the socket, and follows the feed. */
async function connectToWeb(address: string, onFrame: (frame: FeedFrame) => void): Promise<WebClient> {
  const { origin, host } = new URL(address);
  const cookie = await openSession(address);
  const socket = new WebSocket(`ws://${host}/ws`, { headers: { cookie, origin } });
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>();
  let nextCallId = 0;
  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as HostMessage;
    if (message.type === 'frame') return onFrame(message.frame);
    const call = calls.get(message.callId);
    calls.delete(message.callId);
    if (message.ok) call?.resolve(message.result);
    else call?.reject(fromWireError(message.error));
  });
  socket.on('close', () => {
    for (const call of calls.values()) call.reject(new Error('the web shell closed the connection'));
    calls.clear();
  });
  await once(socket, 'open');
  send({ type: 'subscribe', afterSeq: null });
  return {
    cookie,
    // The host answers by the contract, as its own tests show.
    call: async <Name extends MethodName>(method: Name, params: MethodInput<Name>) => {
      const callId = nextCallId++;
      const result = await new Promise<unknown>((resolve, reject) => {
        calls.set(callId, { resolve, reject });
        send({ type: 'call', callId, method, params });
      });
      return result as MethodResult<Name>;
    },
    close: () => socket.close(),
  };
}
