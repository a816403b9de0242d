import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { type Health, type HealthCheck, healthSchema } from '../../../src-shared/health';
import { createHealth, judge } from '../../observability/health';
import { ANSWER_WITHIN_MS, createVitals } from '../../observability/vitals';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';
import { type DatabaseTarget, type OpenedDatabase, openDatabase } from '../../storage/open-database';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { findServingPort } from '../process/serving-port';
import { outputColors } from '../process/terminal';
import { writeOut } from './write-out';

/** Prints the health of a running Ingot, or of a database that none has. */
export async function showHealth(settings: Settings, port: number | null): Promise<ExitCode> {
  const clock = createSystemClock();
  const health =
    port === null ? await ofDatabase(databaseTargetOf(settings), clock) : await ofPort(port, clock);
  await writeOut(settings.json ? `${JSON.stringify(health)}\n` : formatHealth(health));
  return health.status === 'ready' ? EXIT.done : EXIT.failed;
}

async function ofPort(port: number, clock: Clock): Promise<Health> {
  const answer = await askReadiness(port, clock);
  if (answer === 'silence') return notReady(`No Ingot answers on port ${port}.`);
  return answer === 'stranger' ? notReady(`What answers on port ${port} is no Ingot.`) : answer;
}

async function ofDatabase(target: DatabaseTarget, clock: Clock): Promise<Health> {
  // Opening it would make one.
  if (target.kind === 'data-dir' && !(await isThere(join(target.dataDir, 'pg')))) {
    return notReady(`There is no database in ${target.dataDir} yet: the first run makes it.`, 'database');
  }
  let database: OpenedDatabase | null = null;
  let refusal: unknown = null;
  try {
    const looking = target.kind === 'server' ? { ...target, readOnly: true } : target;
    database = await openDatabase(looking, { program: 'ingot health', nowMs: clock.now(), migrated: false });
  } catch (error) {
    if (isHeld(error)) return ofHolder(target, error, clock);
    refusal = error;
  }
  try {
    return await createHealth({
      vitals: createVitals({
        clock,
        database: () => {
          if (database) return database;
          throw refusal;
        },
        directory: () => (target.kind === 'data-dir' ? target.dataDir : null),
      }),
      loopDelayMs: () => null,
      firing: () => 'nobody',
    })();
  } finally {
    await database?.close();
  }
}

/** The health of the program that has the data directory, if it can be asked. */
async function ofHolder(
  target: DatabaseTarget,
  { message, details }: IngotError,
  clock: Clock,
): Promise<Health> {
  if (target.kind === 'data-dir' && details.pid !== undefined) {
    const port = await findServingPort(target.dataDir, details.pid);
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

function isHeld(error: unknown): error is IngotError {
  return error instanceof IngotError && error.details.trouble === 'held';
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
