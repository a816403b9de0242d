import { IngotError } from '../../../src-shared/errors';
import type { ResolvedInstant } from '../../../src-shared/instant';
import { toPrintable, toPrintableJson } from '../../../src-shared/printable';
import { formatRunTime } from '../../../src-shared/run-clock';
import { type VersionText, versionText } from '../../../src-shared/update';
import { LONGEST_ID } from '../../../src-shared/views';
import { explainStanding, explainUpdate, lifelineOf, plainSentence, type Why } from '../../../src-shared/why';
import type { Program } from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { numberFromText } from '../../settings/number-from-text';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { composeCommand, quoteWord, refuseMemory } from './command';
import { openReader } from './report';
import { formatTime, headOf, instantJson, readTimes, type Times } from './times';
import { writeOut } from './write-out';

/**
 * Says of one version, or of the newest versions of an account, why each is what it is.
 * @param named an id, `ID:VERSION` or `ID:SLOT:VERSION`.
 * @throws IngotError `not_found`; `invalid_input` if there is no database yet.
 */
export async function explainVersions(
  loaded: LoadedSettings,
  named: string,
  flags: Readonly<Record<string, string | boolean | undefined>>,
  samplePath: string,
): Promise<ExitCode> {
  const limit = readLimit(flags.limit);
  const times = readTimes(flags.times);
  const { settings } = loaded;
  refuseMemory(loaded, 'is empty at every start: nothing to explain.');
  const program = await openReader(loaded, samplePath);
  try {
    const instant =
      typeof flags.asOf === 'string' ? await program.call('instant.resolve', { instant: flags.asOf }) : null;
    const asOf = instant === null ? {} : { asOf: instant.asOf };
    const { id, versions, more } = await findNamed(program, named, limit, asOf);
    const write = settings.json ? (why: Why) => jsonOf(why, instant) : (why: Why) => textOf(why, times);
    if (!settings.json) await writeOut(headOf(instant));
    for (const version of versions) {
      await writeOut(`${write(await program.call('updates.why', { id, version, ...asOf }))}\n`);
    }
    if (more) {
      const all = composeCommand(loaded, 'why', `${quoteWord(id)} --limit=${MOST_VERSIONS}`);
      const hint = limit < MOST_VERSIONS ? ` For more: ${all}` : '';
      process.stderr.write(`Only the newest ${versions.length} versions.${hint}\n`);
    }
    return EXIT.done;
  } finally {
    await program.close();
  }
}

const MOST_VERSIONS = 500;

function readLimit(typed: string | boolean | undefined): number {
  const limit = typeof typed === 'string' ? Number(numberFromText(typed)) : 100;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_VERSIONS) return limit;
  throw new IngotError(
    'invalid_input',
    `--limit is "${typed}": it must be a whole number from 1 to ${MOST_VERSIONS}.`,
  );
}

interface Named {
  readonly id: string;
  readonly versions: readonly VersionText[];
  readonly more: boolean;
}

/** An id may have a colon in it: what is there decides, a whole id first. `ID:0:VERSION` names a version in any case. */
async function findNamed(
  program: Program,
  named: string,
  limit: number,
  asOf: { readonly asOf?: string },
): Promise<Named> {
  if (named.length > 0 && named.length <= LONGEST_ID) {
    const { rows, atEnd } = await program.call('accounts.versions', {
      ...asOf,
      id: named,
      window: { from: { edge: 'start' }, limit },
    });
    if (rows.length > 0) return { id: named, versions: rows.map(({ version }) => version), more: !atEnd };
  }
  for (const { id, version } of readVersioned(named)) {
    const found = await program.call('updates.why', { id, version, ...asOf }).catch((error: unknown) => {
      if (error instanceof IngotError && error.code === 'not_found') return null;
      throw error;
    });
    if (found) return { id, versions: [version], more: false };
  }
  throw new IngotError('not_found', `There is no account or version ${toPrintable(named)}.`);
}

const U64 = /^(0|[1-9]\d{0,19})$/;
const isU64 = (text: string | undefined): text is string =>
  text !== undefined && U64.test(text) && BigInt(text) < 2n ** 64n;

/** The ways to read a text as an id and a version: with a slot first. */
function readVersioned(named: string): { readonly id: string; readonly version: VersionText }[] {
  const words = named.split(':');
  const [slot, version] = words.slice(-2);
  const idWithout = (count: number) => words.slice(0, -count).join(':');
  const read = [
    ...(words.length > 2 && isU64(slot) && isU64(version)
      ? [{ id: idWithout(2), version: versionText(slot, version) }]
      : []),
    ...(words.length > 1 && isU64(version) ? [{ id: idWithout(1), version }] : []),
  ];
  return read.filter(({ id }) => id.length > 0 && id.length <= LONGEST_ID);
}

/** The events of its life stand under the sentence of each version. */
function textOf(why: Why, times: Times): string {
  const { row, standing } = why;
  const { bold } = outputColors();
  const sentence = plainSentence(explainUpdate(why, (moment) => formatTime(moment, times)));
  const stands = standing === null ? '' : ` ${plainSentence(explainStanding(standing))}`;
  const name = `${toPrintable(row.id)} ${row.version}`;
  const events = lifelineOf(why).map(({ kind, moment, version }) => {
    const run = moment.runId === row.runId ? '' : ` of run ${moment.runId}`;
    return `  ${formatTime(moment, times).padStart(13)}${run}  ${EVENT_WORDS[kind]}${version === null ? '' : ` ${version}`}`;
  });
  const said = row.decoded === null ? [] : [`  decoded ${toPrintableJson(cutText(row.decoded))}`];
  return [`${bold(name)}  ${sentence}${stands}`, ...events, ...said].join('\n');
}

/** All of it is in JSON output. */
const MOST_DECODED = 2_000;
const cutText = (text: string) => (text.length > MOST_DECODED ? `${text.slice(0, MOST_DECODED)}…` : text);

const EVENT_WORDS = {
  before: 'there was version',
  arrived: 'arrived',
  due: 'due',
  fired: 'fired',
  cancelled: 'cancelled',
  superseded: 'superseded by version',
  retracted: 'retracted: its slot is dead',
} as const;

function jsonOf(why: Why, instant: ResolvedInstant | null): string {
  const { row, standing } = why;
  const { id, version, runId, record, accountType, tokens, outcome, retracted, callbackState, supersededBy } =
    row;
  const facts = JSON.stringify({
    id,
    version,
    runId,
    record,
    accountType,
    tokens,
    outcome,
    retracted: retracted && { runId: retracted.runId, at: retracted.at, wallMs: retracted.wallMs },
    callbackState,
    supersededBy,
    sentence: plainSentence(explainUpdate(why, ({ at }) => formatRunTime(at))),
    leader: standing && { ...standing, sentence: plainSentence(explainStanding(standing)) },
    lifeline: lifelineOf(why).map(({ kind: event, moment: { runId, at, wallMs }, version }) => ({
      event,
      runId,
      at,
      wallMs,
      version,
    })),
    ...(instant?.cut && { asOf: instantJson(instant) }),
  });
  // Its large numbers would change if it were parsed.
  return `${facts.slice(0, -1)},"decoded":${row.decoded ?? 'null'}}`;
}
