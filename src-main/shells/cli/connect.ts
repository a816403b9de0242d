import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Connection, type ConnectionStatus, connectionSchema } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import { openProgram } from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { runSettingsOf } from '../../settings/schema';
import type { ExitCode } from '../process/failure';
import type { OperationsServer } from '../process/operations-server';
import { openTools } from './command';
import { onStage } from './play-run';

/** What was typed to say where updates come from. */
export type ConnectFlags = Partial<
  Record<
    | 'rpc'
    | 'subscriptions'
    | 'yellowstone'
    | 'follow'
    | 'redis'
    | 'stream'
    | 'group'
    | 'commitment'
    | 'token'
    | 'http'
    | 'record'
    | 'connections',
    string
  >
> & { readonly stdin?: boolean; readonly program?: readonly string[]; readonly account?: readonly string[] };

/**
 * Keeps connections open until they end or a signal comes, and shows what happens.
 * @throws IngotError `invalid_input` if what was typed is no connection.
 */
export async function connect(
  loaded: LoadedSettings,
  flags: ConnectFlags,
  samplePath: string,
): Promise<ExitCode> {
  const { settings } = loaded;
  const wanted = await readConnections(flags);
  return onStage(settings, async ({ clock, output, ending }) => {
    ending.workBegins();
    const { logs, ...tools } = await openTools(loaded, { clock, note: output.note });
    const program = await openProgram({
      ...tools,
      settings,
      purpose: 'runs',
      samplePath,
      ready: output.ready,
      hear: output.accept,
    });
    let stopServing = async () => {};
    let posting: OperationsServer | null = null;
    try {
      const { operations, connections } = program;
      if (operations) {
        const { serveOperations } = await import('../process/serve-operations');
        const { metricsPort: port, dataDir } = settings;
        const logger = tools.logger.child({ component: 'cli' });
        stopServing = await serveOperations({ operations, logger, port, dataDir });
      }
      if (flags.http !== undefined) {
        const { startOperationsServer } = await import('../process/operations-server');
        const { receiveUpdates } = program;
        const logger = tools.logger.child({ component: 'cli' });
        const port = Number(flags.http);
        posting = await startOperationsServer({ operations: null, receiveUpdates, logger, port });
        output.note(`Updates are taken at http://127.0.0.1:${posting.port}/api/updates.\n`);
      }
      const open: Awaited<ReturnType<typeof connections.connect>>[] = [];
      ending.onBegin(() => {
        for (const one of open) void one.disconnect();
      });
      for (const connection of wanted) {
        if (ending.reason()) break;
        open.push(await connections.connect(connection, runSettingsOf(settings), flags.record ?? null));
      }
      const ended = await Promise.all(open.map((one) => one.ended));
      output.restoreTerminal();
      if (ending.reason() !== 'reader gone') output.note(ended.map(lastWords).join(''));
      return { failed: ended.some(({ run: { state } }) => state === 'failed' || state === 'interrupted') };
    } finally {
      await posting?.close();
      await stopServing();
      await program.close();
      logs.settle();
    }
  });
}

function lastWords({ run, gaps, losses }: ConnectionStatus): string {
  const found = `${run.counts.records} records, ${losses} losses, ${gaps} gaps`;
  return `${toPrintable(run.source)}: ${run.failure === null ? '' : `${run.failure} `}${found}.\n`;
}

async function readConnections(flags: ConnectFlags): Promise<readonly Connection[]> {
  const { connections: path } = flags;
  const typed = typedOf(flags);
  if (typed.length + (path === undefined ? 0 : 1) !== 1) {
    throw new IngotError('invalid_input', 'Name one source of updates, or a file of connections.', {
      hint: 'One of --rpc, --yellowstone, --follow, --redis, --stdin, --http and --connections.',
    });
  }
  if (flags.http !== undefined && !/^\d{1,5}$/.test(flags.http)) {
    throw new IngotError('invalid_input', '--http must be a port: a whole number from 0 to 65535.');
  }
  if (flags.record !== undefined && path !== undefined) {
    throw new IngotError('invalid_input', 'One connection is recorded to one file: leave out --connections.');
  }
  const given = path === undefined ? typed : await readList(path);
  const parsed = z.array(connectionSchema).min(1).max(100).safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [index = 0, ...field] = issue?.path ?? [];
  const where =
    path === undefined ? field.join('.') : [`connection ${Number(index) + 1}`, ...field].join(', ');
  throw new IngotError('invalid_input', `${where === '' ? 'The connection' : where}: ${issue?.message}.`);
}

/** Left out is what was not typed: it gets its default, or is missed where it is needed. */
function typedOf(flags: ConnectFlags): readonly object[] {
  const { rpc, subscriptions, yellowstone, follow, redis, stream, group, stdin, http } = flags;
  const { program, account, commitment, token } = flags;
  const kinds: readonly (object | null)[] = [
    rpc === undefined
      ? null
      : { kind: 'rpc', rpc, subscriptions, programs: program, accounts: account, commitment, token },
    yellowstone === undefined
      ? null
      : { kind: 'yellowstone', address: yellowstone, owners: program, accounts: account, commitment, token },
    follow === undefined ? null : { kind: 'follow', path: follow },
    redis === undefined ? null : { kind: 'redis', address: redis, stream, group, token },
    stdin ? { kind: 'stdin' } : null,
    http === undefined ? null : { kind: 'http', token },
  ];
  return kinds.filter((kind) => kind !== null);
}

async function readList(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new IngotError(
      'invalid_input',
      `${toPrintable(path)} cannot be read as a JSON list of connections.`,
      {},
      error,
    );
  }
}
