import { countOf, formatBytes, groupDigits } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import {
  describeRetention,
  KEEP_ALL,
  parseAge,
  parseSize,
  type RetentionInfo,
  type RetentionSettings,
  retentionSettingsSchema,
} from '../../../src-shared/retention';
import { formatRunTime } from '../../../src-shared/run-clock';
import { openRetention, requireDatabase } from '../../host/maintain';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { openTools, refuseMemory } from './command';
import type { Given } from './command-spec';
import { confirm, requireAnswerer, say } from './maintain';
import { writeOut } from './write-out';

/**
 * Shows how long the history is kept, or sets it after saying what will be removed and asking.
 * @throws IngotError `invalid_input` for what is no age or size; without a terminal to ask on; or if there is no database yet.
 */
export async function retention(loaded: LoadedSettings, flags: Given['flags']): Promise<ExitCode> {
  const wanted = readLimits(flags);
  refuseMemory(loaded, 'ends with the program: its history is not limited.');
  requireDatabase(loaded.settings);
  const removes = wanted !== null && wanted !== KEEP_ALL;
  if (removes) requireAnswerer(flags.yes === true, 'set it');
  const tools = await openTools(loaded);
  const opened = await openRetention(loaded.settings, { ...tools, onlyReads: wanted === null });
  try {
    if (wanted !== null) {
      say(`${opened.location}: ${describeRetention(wanted)}`);
      if (removes) {
        say('Older versions of accounts will be removed for good, with their callbacks and rejects.');
        say('The latest state of each account stays, and what came within the last hour.');
        if (flags.yes !== true && !(await confirm())) return EXIT.interrupted;
      }
      await opened.set(wanted);
    }
    const info = await opened.info();
    await writeOut(loaded.settings.json ? `${JSON.stringify(info)}\n` : `${describe(info)}\n`);
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

/** Null: nothing is to be set. */
function readLimits({ age, size, off }: Given['flags']): RetentionSettings | null {
  if (off === true) {
    if (age === undefined && size === undefined) return KEEP_ALL;
    throw new IngotError('invalid_input', '--off excludes --age and --size.');
  }
  if (age === undefined && size === undefined) return null;
  const limits = {
    ageMs: age === undefined ? null : parseAge(String(age)),
    sizeBytes: size === undefined ? null : parseSize(String(size)),
  };
  if (age !== undefined && limits.ageMs === null) {
    throw new IngotError('invalid_input', `--age is "${age}": write it as 12h, 7d or 4w.`);
  }
  if (size !== undefined && limits.sizeBytes === null) {
    throw new IngotError('invalid_input', `--size is "${size}": write it as 500MB or 10GB.`);
  }
  const parsed = retentionSettingsSchema.safeParse(limits);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const flag = issue?.path[0] === 'ageMs' ? '--age' : '--size';
  throw new IngotError('invalid_input', `${flag} ${issue?.message}.`);
}

function describe(info: RetentionInfo): string {
  const { floor, removed, heldBy, tableBytes } = info;
  const lines = [
    describeRetention(info),
    `Its tables take ${formatBytes(tableBytes)}.`,
    ...(heldBy === null ? [] : [`More is kept for now. ${heldBy}`]),
  ];
  if (floor === null) return [...lines, 'Nothing was removed.'].join('\n');
  const { runId, at, wallMs } = floor.moment;
  const since = wallMs === null ? `${formatRunTime(at)} of run ${runId}` : new Date(wallMs).toISOString();
  const updates = removed.indexed + removed.stale;
  return [
    ...lines,
    `Removed: ${countOf(updates, 'older version')}, ${groupDigits(removed.indexed)} of them with a callback that was settled, and ${countOf(removed.rejects, 'reject')}.`,
    `The history is whole from ${since} on.`,
  ].join('\n');
}
