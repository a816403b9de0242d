import { execFile, spawn } from 'node:child_process';
import { close, constants, createWriteStream, open } from 'node:fs';
import { get } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { RunStatus } from '../../src-shared/events';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import type { DriveOptions } from './drive-cli';
import { type DrivenShell, listenToErrors, sinkOf, untilExit } from './driven-shell';
import { type Hearing, leadersOf } from './hearing';
import { connectToWeb, type WebClient } from './web-client';

const LISTENING = /^listening (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/;

/** What the feed says. It leaves events out of a full frame, but every frame has the counts. */
export function createFrameHearing(hearing: Hearing, onEnd: (status: RunStatus) => void) {
  let seq: number | null = null;
  return (frame: FeedFrame, heardMs: number) => {
    const events = frame.kind === 'events' ? frame.events : [];
    for (const event of events) hearEvent(hearing, event, heardMs);
    if (seq !== null) hearing.leftOut(frame.lastSeq - seq - events.length);
    seq = frame.lastSeq;
    const { status } = frame;
    if (!status) return;
    hearing.committed(status.counts.records, heardMs);
    if (status.endedAtMs !== null) onEnd(status);
  };
}

function hearEvent(hearing: Hearing, event: FeedEvent, heardMs: number): void {
  switch (event.event) {
    case 'fired':
      hearing.settled({ ...event, settlement: 'fired', supersededBy: null }, heardMs);
      break;
    case 'cancelled':
      hearing.settled({ ...event, settlement: 'cancelled' }, heardMs);
      break;
    case 'report':
      hearing.leaders(leadersOf(event.types));
      break;
    case 'summary':
      hearing.summary(event.counts);
      break;
    case 'run':
    case 'database':
    case 'notice':
      break;
    case 'rejected':
      hearing.outcome({ ...event, outcome: 'rejected', id: null, version: null }, heardMs);
      break;
    default:
      hearing.outcome({ ...event, outcome: event.event }, heardMs);
  }
}

/**
 * The web shell, over HTTP and its WebSocket as a window does it. Its source is a named pipe in a directory
 * that it was allowed to read: what a person would do who has a program that writes updates as they come.
 */
export function driveWeb({ root, place, nodeFlags, env, folder, hearing, clock }: DriveOptions): DrivenShell {
  const pipe = join(folder, 'updates');
  const args = ['--no-open', '--port', '0', '--allow-dir', folder, ...place];
  const child = spawn(process.execPath, [...nodeFlags, join(root, 'out/main/web.js'), ...args], {
    cwd: folder,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = listenToErrors(child);
  const exit = untilExit(child);
  let client: WebClient | null = null;
  let stream: Socket | null = null;
  let isStopping = false;
  let fail = (_: unknown) => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
    exit.then((wrong) => {
      if (!isStopping || wrong)
        reject(new Error(`the web shell ended too early (${wrong ?? 0}): ${errors()}`));
    }, reject);
  });
  // It may break at any time, also while nobody waits for it.
  broken.catch(() => {});
  let ended = (_: RunStatus) => {};
  const runEnded = new Promise<RunStatus>((resolve) => {
    ended = resolve;
  });
  const address = new Promise<string>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = LISTENING.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });

  return {
    pid: child.pid,
    broken,
    async open() {
      const hear = createFrameHearing(hearing, ended);
      await promisify(execFile)('mkfifo', ['-m', '600', pipe]);
      const connected = await connectToWeb(await Promise.race([address, broken]), (frame) =>
        hear(frame, clock.monotonicMs()),
      );
      client = connected;
      // Answered only when the first update has come: the host looks at it to know the format.
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
      child.kill('SIGTERM');
      await exit;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

const openFile = promisify(open);
const closeFile = promisify(close);

/** Waits for a reader. If none will ever come, a reader of ours ends the wait. */
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
