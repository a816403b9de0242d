import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogs } from '../../observability/open-logs';
import { silentLogger } from '../../runs/testing/play-run';
import { type DatabaseTarget, openDatabase } from '../../storage/open-database';
import type { Clock } from '../../time/clock';
import { createSystemClock } from '../../time/clock';
import { createHost, type Host } from '../create-host';
import { uploadsIn } from '../uploads';
import { type LogEntry, recordingLogger } from './recording-logger';

export interface TestHost {
  readonly host: Host;
  readonly entries: readonly LogEntry[];
  /** A directory whose files may be named by path. */
  readonly allowed: string;
  /** A directory beside it. */
  readonly forbidden: string;
  readonly stateDirectory: string;
  close(): Promise<void>;
}

export interface TestHostOptions {
  readonly target?: DatabaseTarget;
  readonly clock?: Clock;
  readonly maxUploadBytes?: number;
  readonly alertTimeScale?: number;
  /** False keeps no log entries: for a test that counts what is kept. */
  readonly recorded?: boolean;
  /** The host is there before its database is open. */
  readonly stillOpening?: boolean;
}

/** A host with a real database, on directories of its own. */
export async function openTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const { target = { kind: 'memory' }, clock = createSystemClock() } = options;
  const directory = await mkdtemp(join(tmpdir(), 'ingot-host-'));
  const allowed = join(directory, 'allowed');
  const forbidden = join(directory, 'forbidden');
  const stateDirectory = join(directory, 'state');
  for (const path of [allowed, forbidden]) await mkdir(path);
  const { logger, entries } =
    options.recorded === false ? { logger: silentLogger, entries: [] } : recordingLogger();
  const logs = await openLogs({
    clock,
    terminal: { level: 'silent', pretty: false },
    level: 'info',
    directory: null,
  });
  const host = await createHost({
    target,
    openDatabase: (at, onLost, onTaken) =>
      openDatabase(at, { program: 'ingot', nowMs: clock.now(), onLost, onTaken }),
    clock,
    logger,
    logs,
    app: {
      name: 'Ingot',
      version: '0.0.0',
      shell: 'web',
      capabilities: { nativeDialogs: false, uploads: true, links: false },
      build: { commit: null, date: null, postgres: null },
      runtime: { node: process.versions.node, electron: null, system: 'a system' },
    },
    paths: {
      stateDirectory,
      backupsDirectory: join(directory, 'backups'),
      uploadsParent: target.kind === 'data-dir' ? uploadsIn(target.dataDir) : join(directory, 'uploads'),
      uploadsKept: target.kind === 'data-dir',
      samplePath: join(import.meta.dirname, '../../../data/sample.json'),
      licencesPath: join(allowed, 'licences.json'),
      allowedDirectories: [allowed],
    },
    dialogs: null,
    ...(options.alertTimeScale !== undefined && { alertTimeScale: options.alertTimeScale }),
    ...(options.maxUploadBytes !== undefined && { maxUploadBytes: options.maxUploadBytes }),
  });
  if (!options.stillOpening) await host.opened;
  return {
    host,
    entries,
    allowed,
    forbidden,
    stateDirectory,
    async close() {
      await host.close();
      await rm(directory, { recursive: true });
    },
  };
}
