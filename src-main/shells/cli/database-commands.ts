import { IngotError } from '../../../src-shared/errors';
import { type CommandSpec, DATABASE_KEYS, LOG_KEYS } from './command-spec';

/** What is done to a whole database. */
export const DATABASE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'backup',
    summary: 'write everything to one file',
    description:
      'Writes the whole database to one file that any later version can restore, into the embedded ' +
      'database or a server. The file is read back and checked before it counts; its path is printed.',
    options: [['--out <FILE|DIR>', 'where to; left out: among the backups that the window shows']],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    examples: [
      ['ingot backup', 'beside the database'],
      ['ingot backup --out /mnt/usb', 'into a directory, under a name of its own'],
      ['ingot backup --out monday.ndjson.gz --database postgres://localhost/ingot', 'of a server'],
    ],
    async run({ flags, load }) {
      const loaded = await load();
      const { backup } = await import('./maintain');
      return backup(loaded, flags.out as string | undefined);
    },
  },
  {
    name: 'restore',
    argument: ['<FILE>', 'a backup, of the embedded database or of a server'],
    summary: 'put a backup in the place of the database',
    description:
      'Puts the content of a backup in the place of everything in the database. The backup is checked to ' +
      'its end first, a backup is made of what is there, and then it is one transaction.',
    options: [['--yes', 'do not ask']],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    examples: [
      ['ingot restore monday.ndjson.gz', 'ask first'],
      ['ingot restore monday.ndjson.gz --yes --data-dir ./fresh', 'into a directory of its own'],
    ],
    async run({ argument = '', flags, load }) {
      const loaded = await load();
      const { restore } = await import('./maintain');
      return restore(argument, loaded, { yes: flags.yes === true });
    },
  },
  {
    name: 'reset',
    summary: 'start afresh with an empty database',
    description:
      'Empties the database, after saying what will be lost, asking, and making a backup. A data directory ' +
      'that cannot be opened is set aside, whole, and an empty database made in its place.',
    options: [
      ['--yes', 'do not ask'],
      ['--no-backup', 'make no backup first'],
    ],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    examples: [
      ['ingot reset', 'ask first'],
      ['ingot reset --yes --data-dir ./state', 'for scripts'],
    ],
    async run({ flags, load }) {
      const loaded = await load();
      const { reset } = await import('./maintain');
      return reset(loaded, { yes: flags.yes === true, backup: flags.backup === true });
    },
  },
  {
    name: 'spaces',
    argument: ['[ACTION]', 'delete; left out: show them'],
    other: ['[NAME]', 'of the space to delete'],
    summary: 'show or delete the spaces in which runs were played apart',
    description:
      'Shows the spaces of the database, or deletes one with everything in it. "ingot ingest FILE --space NAME" plays a run in ' +
      'a space of its own, apart from everything else, and "ingot compare" sets two of them side by side.',
    options: [['--yes', 'with delete: do not ask']],
    keys: ['dataDir', 'database', 'readOnly', 'json', ...LOG_KEYS],
    examples: [
      ['ingot spaces', 'what there is'],
      ['ingot spaces delete fast', 'ask first'],
    ],
    async run({ argument, other, flags, load }) {
      if (argument !== undefined && argument !== 'delete') {
        throw new IngotError('invalid_input', `"${argument}" is nothing to do with spaces: there is delete.`);
      }
      if (argument !== undefined && other === undefined) {
        throw new IngotError('invalid_input', 'Name the space to delete.');
      }
      const loaded = await load();
      const { showSpaces, dropSpace } = await import('./spaces');
      return other === undefined ? showSpaces(loaded) : dropSpace(loaded, other, { yes: flags.yes === true });
    },
  },
  {
    name: 'retention',
    summary: 'show or set how long the history is kept',
    description:
      'Shows how long the history is kept and what was removed of it, or sets it. The latest state of each account is always ' +
      'kept, and so is what came within the last hour. Old versions are removed while Ingot ingests or its window is open.',
    options: [
      ['--age <AGE>', 'remove versions that are older, such as 12h, 7d or 4w; an hour or more'],
      ['--size <SIZE>', 'remove the oldest when the tables take so much, such as 500MB or 10GB'],
      ['--off', 'keep all from now on'],
      ['--yes', 'do not ask'],
    ],
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot retention', 'what is set, and what was removed'],
      ['ingot retention --age 7d --size 10GB', 'whichever limit is met first; ask first'],
      ['ingot retention --off', 'keep all from now on'],
    ],
    async run({ flags, load }) {
      const { retention } = await import('./retention');
      return retention(await load(), flags);
    },
  },
];
