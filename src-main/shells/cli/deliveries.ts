import { resolve } from 'node:path';
import { z } from 'zod';
import { countOf, groupDigits } from '../../../src-shared/amounts';
import {
  deliveriesQuerySchema,
  resendSchema,
  type TargetInfo,
  type TargetSettings,
  targetNameSchema,
  targetSettingsSchema,
} from '../../../src-shared/deliveries';
import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import { formatTable } from '../../../src-shared/report-text';
import { requireDatabase } from '../../host/maintain';
import { openProgram, type Program } from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { numberFromText } from '../../settings/number-from-text';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { openTools, refuseMemory } from './command';
import { type Given, SAMPLE_PATH } from './command-spec';
import type { Ending } from './ending';
import { say } from './maintain';
import { writeOut } from './write-out';

type Flags = Given['flags'];
/** An option that may be repeated. */
const repeatedSchema = z.array(z.string()).default([]);
type Deliveries = NonNullable<Program['deliveries']>;

/** How long a command waits for deliveries that are to be tried again. */
const WAITS_MS = 60_000;

async function withDeliveries<T>(
  loaded: LoadedSettings,
  purpose: 'targets' | 'deliveries',
  work: (deliveries: Deliveries) => Promise<T>,
): Promise<T> {
  const { settings } = loaded;
  refuseMemory(loaded, 'keeps no targets.');
  if (purpose === 'deliveries') requireDatabase(settings);
  const program = await openProgram({
    ...(await openTools(loaded)),
    settings,
    purpose,
    samplePath: SAMPLE_PATH,
  });
  try {
    return await work(program.deliveries as Deliveries);
  } finally {
    await program.close();
  }
}

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Prints the targets: a table, or one object a line. */
export async function showTargets(loaded: LoadedSettings): Promise<ExitCode> {
  requireDatabase(loaded.settings);
  const targets = await withDeliveries(loaded, 'targets', (deliveries) => deliveries.list());
  if (loaded.settings.json) await writeOut(lines(targets));
  else if (targets.length === 0)
    await writeOut('There are no targets. "ingot targets add NAME --webhook URL" adds one.\n');
  else {
    const rows = targets.map((target) => [
      target.name,
      target.armed ? 'armed' : 'disarmed',
      groupDigits(target.delivered),
      groupDigits(target.waiting),
      groupDigits(target.dead),
      toPrintable(describePlace(target.settings)),
      toPrintable(target.problem ?? target.disarmedBecause ?? target.lastError ?? ''),
    ]);
    const head = ['Target', 'State', 'Delivered', 'Waiting', 'Dead', 'Where', ''];
    await writeOut(`${formatTable(head, rows, { right: [2, 3, 4], paint: outputColors().bold })}\n`);
  }
  return EXIT.done;
}

function describePlace(settings: TargetInfo['settings']): string {
  switch (settings.kind) {
    case 'webhook':
      return settings.url;
    case 'command':
      return settings.argv.join(' ');
    case 'file':
      return settings.path;
    case 'unreadable':
      return '';
  }
}

/** @throws IngotError `invalid_input` with the field and what is wrong. */
function check<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new IngotError(
    'invalid_input',
    `${issue?.path.join('.') || 'The name'}: ${issue?.message ?? 'invalid'}.`,
  );
}

function settingsFrom(flags: Flags): TargetSettings {
  const { webhook, command, file, event, concurrency, rate, timeout, attempts, secret } = flags;
  const places = [webhook, command, file].filter((place) => place !== undefined);
  if (places.length !== 1) {
    throw new IngotError('invalid_input', 'Say where: one of --webhook, --command and --file.');
  }
  const common = {
    ...(event !== undefined && { event }),
    ...(concurrency !== undefined && { concurrency: numberFromText(concurrency) }),
    ...(rate !== undefined && { ratePerSecond: numberFromText(rate) }),
    ...(timeout !== undefined && { timeoutSeconds: numberFromText(timeout) }),
    ...(attempts !== undefined && { maxAttempts: numberFromText(attempts) }),
  };
  const place =
    webhook !== undefined
      ? { kind: 'webhook', url: webhook, secret: secret ?? null, allowPrivate: flags.allowPrivate === true }
      : command !== undefined
        ? { kind: 'command', argv: [command, ...repeatedSchema.parse(flags.argument)] }
        : { kind: 'file', path: resolve(String(file)) };
  return check<TargetSettings>(targetSettingsSchema, { ...place, ...common });
}

/** Adds, removes, arms, disarms or tests one. */
export async function changeTarget(
  loaded: LoadedSettings,
  action: string,
  given: string | undefined,
  flags: Flags,
): Promise<ExitCode> {
  const name = check<string>(targetNameSchema, given);
  const change = (work: (deliveries: Deliveries) => Promise<string>) =>
    withDeliveries(loaded, 'targets', async (deliveries) => {
      say(await work(deliveries));
      return EXIT.done;
    });
  switch (action) {
    case 'add': {
      const settings = settingsFrom(flags);
      return change(async (deliveries) => {
        await deliveries.add(name, settings);
        if (flags.arm !== true) return `The target ${name} is there. "ingot targets arm ${name}" arms it.`;
        await deliveries.arm(name, 'now');
        return `The target ${name} is there, and armed.`;
      });
    }
    case 'remove':
      return change(async (deliveries) => {
        await deliveries.remove(name);
        return `The target ${name} is removed.`;
      });
    case 'arm':
      return change(async (deliveries) => {
        await deliveries.arm(name, flags.catchUp === true ? 'where it stopped' : 'now');
        return `The target ${name} is armed. A run delivers with --deliver.`;
      });
    case 'disarm':
      return change(async (deliveries) => {
        await deliveries.disarm(name);
        return `The target ${name} is disarmed.`;
      });
    case 'test': {
      const result = await withDeliveries(loaded, 'targets', (deliveries) => deliveries.test(name));
      if (loaded.settings.json) await writeOut(lines([result]));
      else
        await writeOut(
          `${result.delivered ? `The test arrived after ${result.tookMs} ms.` : toPrintable(result.error ?? '')}\n`,
        );
      return result.delivered ? EXIT.done : EXIT.failed;
    }
    default:
      throw new IngotError('invalid_input', `"${action}" is nothing to do with targets.`, {
        hint: 'There are add, remove, arm, disarm and test.',
      });
  }
}

/** Shows deliveries, sends dead ones again, or delivers what is left. */
export async function deliveries(
  loaded: LoadedSettings,
  target: string | null,
  flags: Flags,
): Promise<ExitCode> {
  const { settings } = loaded;
  const state = flags.dead === true ? 'dead' : flags.waiting === true ? 'waiting' : null;
  const limit = flags.limit === undefined ? 100 : numberFromText(flags.limit);
  if (flags.run !== undefined) {
    const runId = check<string>(z.string().regex(/^\d{1,19}$/, 'must be the number of a run'), flags.run);
    await withDeliveries(loaded, 'targets', (opened) => opened.setRunDelivers(runId, flags.off !== true));
    say(`Run ${runId} ${flags.off === true ? 'delivers no more.' : 'delivers what it fires from now on.'}`);
    return EXIT.done;
  }
  if (flags.resend !== undefined) {
    const seqs = flags.resend === 'all' ? null : String(flags.resend).split(',');
    const request = check(resendSchema, { target, seqs });
    return withDeliveries(loaded, 'deliveries', async (opened) => {
      say(
        `${countOf(await opened.resend(request.target, request.seqs), 'delivery', 'deliveries')} sent again.`,
      );
      return finish(opened);
    });
  }
  if (flags.send === true) return withDeliveries(loaded, 'deliveries', finish);
  requireDatabase(settings);
  const rows = await withDeliveries(loaded, 'targets', async (opened) => {
    const names = (await opened.list())
      .map(({ name }) => name)
      .filter((name) => target === null || name === target);
    if (target !== null && names.length === 0)
      throw new IngotError('not_found', `There is no target ${target}.`);
    const found = [];
    for (const name of names) {
      found.push((await opened.page(check(deliveriesQuerySchema, { target: name, state, limit }))).rows);
    }
    return found.flat();
  });
  if (settings.json) await writeOut(lines(rows));
  else if (rows.length === 0) await writeOut('There are no such deliveries.\n');
  else {
    const table = rows.map((row) => [
      row.target,
      row.seq,
      toPrintable(row.id),
      row.version,
      row.state,
      String(row.attempts),
      new Date(row.lastAttemptMs).toISOString(),
      toPrintable(row.error ?? row.answer ?? ''),
    ]);
    const head = ['Target', 'Number', 'Account', 'Version', 'State', 'Attempts', 'Last attempt', 'Answer'];
    await writeOut(`${formatTable(head, table, { right: [1, 3, 5], paint: outputColors().bold })}\n`);
  }
  return EXIT.done;
}

async function finish(opened: Deliveries): Promise<ExitCode> {
  const clock = createSystemClock();
  await drainFor(opened, clock, new AbortController());
  const left = leftOf(await opened.list());
  if (left !== null) say(left);
  return left === null ? EXIT.done : EXIT.failed;
}

/** `ending` ends it before its time. */
async function drainFor(opened: Deliveries, clock: Clock, ending: AbortController): Promise<void> {
  const late = clock.setAlarm(clock.now() + WAITS_MS, () => ending.abort());
  try {
    await opened.drain(ending.signal);
  } finally {
    late.clear();
  }
}

/** What is not delivered, for a person; null: nothing. */
function leftOf(targets: readonly TargetInfo[]): string | null {
  const armed = targets.filter((target) => target.armed);
  const sum = (count: (target: TargetInfo) => number) =>
    armed.reduce((total, target) => total + count(target), 0);
  const waiting = sum((target) => target.waiting + target.behind);
  const dead = sum((target) => target.dead);
  const words = [
    ...(waiting > 0
      ? [
          `${countOf(waiting, 'delivery', 'deliveries')} left. They are sent with the next run, or by: ingot deliveries --send`,
        ]
      : []),
    ...(dead > 0
      ? [`${countOf(dead, 'delivery', 'deliveries')} dead. To see them: ingot deliveries --dead`]
      : []),
  ];
  return words.length > 0 ? words.join('\n') : null;
}

/** Waits for what the runs of this program have left to deliver, for a minute at most. */
export async function finishDeliveries(
  { deliveries: opened }: Program,
  { clock, ending, note }: { clock: Clock; ending: Ending; note: (text: string) => void },
): Promise<void> {
  // After a large ingest the database is busy for seconds: it is not asked for targets where there are none.
  if (!opened?.sends() || ending.reason()) return;
  const waiting = new AbortController();
  ending.onBegin(() => waiting.abort());
  await drainFor(opened, clock, waiting);
  const left = leftOf(await opened.list());
  if (left !== null) note(`${left}\n`);
}

/** A person asked for deliveries: they should know if there is nowhere to deliver to. */
export function warnUnarmed({ deliveries: opened }: Program, note: (text: string) => void): void {
  if (opened?.sends()) return;
  note('No target is armed: nothing is delivered. "ingot targets" shows what there is.\n');
}
