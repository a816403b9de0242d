/** The words of Ingot: shown by Help and by the tips of the window, and the same in docs/architecture.md. */
export interface Term {
  readonly word: string;
  readonly group: TermGroup;
  readonly meaning: string;
  /** Other words for it, which find it too. */
  readonly also?: readonly string[];
}

export const TERM_GROUPS = ['Accounts', 'Outcomes', 'Callbacks', 'Runs', 'Behind the window'] as const;
export type TermGroup = (typeof TERM_GROUPS)[number];

export const GLOSSARY: readonly Term[] = [
  {
    word: 'account',
    group: 'Accounts',
    meaning: 'the latest known state of one on-chain account: its id, type, tokens, data and version',
    also: ['accounts'],
  },
  {
    word: 'type',
    group: 'Accounts',
    meaning: 'what kind of account it is, as the source says, such as mint',
  },
  {
    word: 'tokens',
    group: 'Accounts',
    meaning: 'the amount that an account holds: an integer from 0 to 2^64-1, never rounded',
  },
  {
    word: 'update',
    group: 'Accounts',
    meaning: 'one record of a source: the state of an account at a version, with the delay of its callback',
    also: ['record', 'updates', 'records'],
  },
  {
    word: 'mapping',
    group: 'Accounts',
    meaning:
      'where a source of another shape keeps its list and the fields of its records. Those of known formats ship with Ingot',
    also: ['mappings', 'format'],
  },
  {
    word: 'version',
    group: 'Accounts',
    meaning:
      'the order of the states of an account: the slot (0 if the source has none), then the write version. Written VERSION or SLOT:VERSION',
    also: ['slot', 'versions'],
  },
  {
    word: 'change',
    group: 'Accounts',
    meaning: 'the difference in tokens to the version that was the latest before',
  },
  {
    word: 'decoded',
    group: 'Accounts',
    meaning:
      'the fields that the bytes of an account hold, as the IDL of its program describes them, or why there are none',
    also: ['fields', 'IDL'],
  },
  { word: 'history', group: 'Accounts', meaning: 'every unique update, indexed or stale' },
  {
    word: 'report',
    group: 'Accounts',
    meaning: 'for each type the accounts with the most tokens, its leaders; several if they tie',
    also: ['leaders', 'leader', 'tie'],
  },
  {
    word: 'outcome',
    group: 'Outcomes',
    meaning: 'what ingesting a record did: indexed, stale, duplicate, conflict or rejected',
  },
  {
    word: 'indexed',
    group: 'Outcomes',
    meaning:
      'newer than every version known of its account: stored, now the latest state, and its callback is scheduled',
  },
  {
    word: 'stale',
    group: 'Outcomes',
    meaning: 'older than the latest version and not seen before: kept in the history, changes nothing else',
  },
  {
    word: 'duplicate',
    group: 'Outcomes',
    meaning: 'this version of the account is known, with the same content: changes nothing',
  },
  {
    word: 'conflict',
    group: 'Outcomes',
    meaning: 'this version of the account is known, with other content: the first one stays',
  },
  {
    word: 'rejected',
    group: 'Outcomes',
    meaning: 'not a valid update: kept with its field, reason and first characters, and the run continues',
    also: ['reject'],
  },
  {
    word: 'callback',
    group: 'Callbacks',
    meaning:
      'the delayed action of an indexed update: pending, then either fired or cancelled, never both. An account has one pending callback at most',
    also: ['callbacks'],
  },
  { word: 'pending', group: 'Callbacks', meaning: 'scheduled, and neither fired nor cancelled yet' },
  {
    word: 'fired',
    group: 'Callbacks',
    meaning: 'its time came before a newer version did, or a person fired it by hand',
  },
  {
    word: 'cancelled',
    group: 'Callbacks',
    meaning:
      'will never fire: a newer version of the account came first, its slot is dead, a person cancelled it, or it was overdue and skipped',
  },
  {
    word: 'delay',
    group: 'Callbacks',
    meaning: 'how long after its arrival an update wants its callback to fire',
    also: ['callbackTimeMs'],
  },
  {
    word: 'due',
    group: 'Callbacks',
    meaning: 'when a callback may fire: arrival plus delay, on the clock of its run',
    also: ['due in'],
  },
  {
    word: 'lateness',
    group: 'Callbacks',
    meaning: 'how long after it was due a callback fired',
    also: ['late'],
  },
  {
    word: 'lifeline',
    group: 'Callbacks',
    meaning: 'the events of one version, from its arrival on: due, fired or cancelled, superseded',
    also: ['why'],
  },
  {
    word: 'overdue',
    group: 'Callbacks',
    meaning: 'due while Ingot was not running: fired late or skipped at the next start',
    also: ['skipped'],
  },
  {
    word: 'target, delivery',
    group: 'Callbacks',
    meaning:
      'where a fired callback goes: a webhook, a command or a file. It delivers only if it is armed, and only callbacks of runs that deliver',
    also: ['targets', 'deliveries', 'webhook'],
  },
  {
    word: 'dead letter',
    group: 'Callbacks',
    meaning: 'a delivery that failed too often: kept until a person sends it again',
  },
  {
    word: 'settle, claim',
    group: 'Callbacks',
    meaning:
      'to settle a callback is to fire or cancel it; a claim settles all that are due in one statement',
  },
  {
    word: 'run',
    group: 'Runs',
    meaning: 'one ingestion of one source, with settings, counts, state and clock',
    also: ['runs'],
  },
  {
    word: 'attempt',
    group: 'Runs',
    meaning: 'one stretch of a run, from its start or a checkpoint until it ends or is interrupted',
  },
  {
    word: 'goal, step',
    group: 'Runs',
    meaning:
      'where a run is to pause. It goes there at its speed, or steps: its clock jumps from event to event',
    also: ['run until', 'steps'],
  },
  {
    word: 'run clock, run time',
    group: 'Runs',
    meaning: 'milliseconds since the start of the run; stands still while paused, jumps if virtual',
    also: ['run’s clock', 'virtual clock', 'simulated'],
  },
  {
    word: 'since start',
    group: 'Runs',
    meaning:
      'real time since the run started, by the wall clock: unlike the run clock it counts pauses and does not depend on the speed. A virtual run has only its run clock',
    also: ['wall clock'],
  },
  {
    word: 'speed',
    group: 'Runs',
    meaning: 'how fast the run clock goes: at ×20, one second of real time is 20 seconds of the run',
  },
  {
    word: 'arrival',
    group: 'Runs',
    meaning: 'when an update enters the system, by the plan of its run',
    also: ['arrived'],
  },
  {
    word: 'dead slot',
    group: 'Runs',
    meaning:
      'a slot that a live source declared dead: its updates are retracted, so they are kept and never the latest, and the account falls back to the version before',
    also: ['retracted'],
  },
  {
    word: 'retention',
    group: 'Runs',
    meaning:
      'how long old versions stay in the history: removed by age or by size if a person asks for it, never the latest state of an account',
  },
  {
    word: 'seq',
    group: 'Runs',
    meaning: 'the one order of stored updates, settled callbacks and retractions',
    also: ['no.'],
  },
  {
    word: 'space',
    group: 'Runs',
    meaning:
      'a schema of its own in the same database, with everything that its runs brought and nothing else; the first one is called main',
  },
  {
    word: 'instant, as of',
    group: 'Runs',
    meaning:
      'a place in that order: as of it, only what has a seq up to it is there. Written RUN:N, RUN@TIME or a date and time',
  },
  {
    word: 'place on the chain',
    group: 'Runs',
    meaning:
      'the end of a slot, or right after or before a transaction: as of it, each account has its highest version up to there, as known at an instant. Written slot:N, after:SIGNATURE or before:SIGNATURE, and the instant after a comma unless it is now',
  },
  {
    word: 'connection',
    group: 'Runs',
    meaning:
      'a live source and how to reach it; each is a run of its own, which connects again when it is lost',
  },
  {
    word: 'coverage, gap',
    group: 'Runs',
    meaning:
      'slots in which a connection missed nothing, and slots in which something may be missing, with the reason',
  },
  { word: 'batch', group: 'Runs', meaning: 'the records that one transaction stores' },
  {
    word: 'checkpoint',
    group: 'Runs',
    meaning:
      'where a run continues after an interruption (not the checkpoint of Postgres, which writes pages to disk)',
    also: ['resume'],
  },
  {
    word: 'feed, frame',
    group: 'Behind the window',
    meaning: 'the live, ordered stream of events that a window gets; a frame is one message of it',
  },
  {
    word: 'host, shell',
    group: 'Behind the window',
    meaning:
      'the host is everything behind a window or command; a shell is a way to reach it: Electron, web, command line',
  },
  { word: 'holder', group: 'Behind the window', meaning: 'the process that may write to a database' },
  {
    word: 'trouble',
    group: 'Behind the window',
    meaning: 'the database cannot be opened, and a person must decide',
  },
  {
    word: 'high-water mark',
    group: 'Behind the window',
    meaning: 'what was acknowledged, stored outside Postgres to detect a loss',
  },
];

const byWord: ReadonlyMap<string, Term> = new Map(
  GLOSSARY.flatMap((term) =>
    [term.word, ...term.word.split(', '), ...(term.also ?? [])].map((word) => [word.toLowerCase(), term]),
  ),
);

/** Null for a word that needs no explanation. */
export const termOf = (word: string): Term | null => byWord.get(word.toLowerCase()) ?? null;

/** The terms that the typed text names, then those whose meaning has all its words. */
export function findTerms(typed: string): readonly Term[] {
  const wanted = typed.trim().toLowerCase();
  const named = (term: Term) =>
    [term.word, ...(term.also ?? [])].some((word) => word.toLowerCase().includes(wanted));
  const explained = ({ meaning }: Term) =>
    wanted.split(/\s+/).every((part) => meaning.toLowerCase().includes(part));
  return [...GLOSSARY.filter(named), ...GLOSSARY.filter((term) => !named(term) && explained(term))];
}
