import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { type Health, type HealthCheck, healthSchema } from '../../../src-shared/health';
import { checkDatabaseHealth } from '../../host/maintain';
import { judge } from '../../observability/health';
import { ANSWER_WITHIN_MS } from '../../observability/vitals';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { findServingPort } from '../process/serving-port';
import { outputColors } from '../process/terminal';
import { askRunningShell, webStatePath } from '../process/web-state';
import { writeOut } from './write-out';

/** Prints an address that opens a window of the Ingot that runs on this database. @throws IngotError `not_found` */
export async function showLink(settings: Settings): Promise<ExitCode> {
  const path = webStatePath(databaseTargetOf(settings));
  const answer = path === null ? null : await askRunningShell(path, { ask: 'link' }, createSystemClock());
  if (!answer?.address) {
    throw new IngotError('not_found', 'No Ingot shows its window in a browser on this database.', {
      hint: 'Start it with `ingot web`, or name its database with --data-dir or --database.',
    });
  }
  const { address } = answer;
  await writeOut(settings.json ? `${JSON.stringify({ address })}\n` : `${address}\n`);
  return EXIT.done;
}

/** Prints the health of a running Ingot, or of a database that none has. */
export async function showHealth(settings: Settings, port: number | null): Promise<ExitCode> {
  const clock = createSystemClock();
  const health = await (port === null ? ofDatabase(settings, clock) : ofPort(port, clock));
  await writeOut(settings.json ? `${JSON.stringify(health)}\n` : formatHealth(health));
  return health.status === 'ready' ? EXIT.done : EXIT.failed;
}

async function ofPort(port: number, clock: Clock): Promise<Health> {
  const answer = await askReadiness(port, clock);
  if (answer === 'silence') return notReady(`No Ingot answers on port ${port}.`);
  return answer === 'stranger' ? notReady(`What answers on port ${port} is no Ingot.`) : answer;
}

async function ofDatabase(settings: Settings, clock: Clock): Promise<Health> {
  const target = databaseTargetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : null;
  // Opening it would make one.
  if (dataDir !== null && !(await isThere(join(dataDir, 'pg')))) {
    return notReady(`There is no database in ${dataDir} yet: the first run makes it.`, 'database');
  }
  try {
    return await checkDatabaseHealth(settings, clock);
  } catch (error) {
    if (!(error instanceof IngotError) || error.details.trouble !== 'held') throw error;
    return ofHolder(dataDir, error, clock);
  }
}

/** The health of the program that has the data directory, if it can be asked. */
async function ofHolder(
  dataDir: string | null,
  { message, details }: IngotError,
  clock: Clock,
): Promise<Health> {
  if (dataDir !== null && details.pid !== undefined) {
    const port = await findServingPort(dataDir, details.pid);
    if (port !== null) return ofPort(port, clock);
  }
  return notReady(`${message} It cannot be asked for its health: start it with --metrics-port.`);
}

/** What a program that serves says; `silence` if nobody does, `stranger` if it is not of ours. */
async function askReadiness(port: number, clock: Clock): Promise<Health | 'silence' | 'stranger'> {
  const late = new AbortController();
  const alarm = clock.setAlarm(clock.now() + 2 * ANSWER_WITHIN_MS, () => late.abort());
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: late.signal });
    const parsed = healthSchema.safeParse(await response.json().catch(() => null));
    return parsed.success ? judge(parsed.data.checks) : 'stranger';
  } catch {
    return 'silence';
  } finally {
    alarm.clear();
  }
}

function notReady(reason: string, name: HealthCheck['name'] = 'program'): Health {
  return judge([{ name, ok: false, reason }]);
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

function formatHealth({ status, checks }: Health): string {
  const colors = outputColors();
  const width = checks.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const lines = checks.map(({ name, ok, reason }) => {
    const word = ok ? colors.green('ok      ') : colors.red('not well');
    return `${word}  ${name.replaceAll('_', ' ').padEnd(width)}  ${reason}`;
  });
  return `${status}\n${lines.join('\n')}\n`;
}
