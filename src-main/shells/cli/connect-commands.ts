import { IngotError } from '../../../src-shared/errors';
import type { LoadedSettings } from '../../settings/load-settings';
import { flagOf } from '../../settings/names';
import { SETTING_KEYS, type SettingKey } from '../../settings/schema';
import {
  type CommandSpec,
  DATABASE_KEYS,
  EXIT_CODES_HELP,
  type Given,
  LOG_KEYS,
  SAMPLE_PATH,
  withMapping,
} from './command-spec';

/** It comes as it comes. */
const NOT_OF_CONNECTIONS: ReadonlySet<SettingKey> = new Set([
  'updateFeed',
  'arrival',
  'delay',
  'speed',
  'seed',
  'simulate',
]);

/** @throws IngotError `invalid_input` for what was typed that has no meaning for a file that grows. */
export function refuseUnfollowed(loaded: LoadedSettings, file: string, flags: Given['flags']): void {
  const named = [...NOT_OF_CONNECTIONS].find((key) => loaded.originOf(key).source === 'flag');
  const wrong =
    file === '-' ? 'standard input' : flags.until !== undefined ? '--until' : named && flagOf(named);
  if (wrong === undefined) return;
  throw new IngotError(
    'invalid_input',
    `--follow excludes ${wrong}: the records of a file that grows come as they come.`,
  );
}

export const CONNECT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'connect',
    summary: 'ingest live updates until they end or Ctrl-C',
    description:
      'Connects to a source of live updates, and again when it is lost. What was missed in between is recorded as a gap: ' +
      'see "ingot coverage". The same connection continues at its position.',
    options: [
      ['--rpc <URL>', "a validator's RPC: a snapshot first, then what changes; {token} stands for a secret"],
      ['--subscriptions <URL>', 'its WebSocket, if that is not the usual one'],
      ['--yellowstone <URL>', 'a Yellowstone gRPC server'],
      ['--program <KEY...>', 'the accounts of these programs'],
      ['--account <KEY...>', 'these accounts'],
      ['--commitment <LEVEL>', 'processed, confirmed or finalized (default: confirmed)'],
      ['--follow <FILE>', 'a file of updates that grows'],
      ['--redis <URL>', 'a Redis server'],
      ['--stream <NAME>', 'its stream'],
      ['--group <NAME>', 'its consumer group (default: ingot)'],
      ['--stdin', 'standard input'],
      ['--http <PORT>', 'what other programs post to /api/updates at this port; needs --token'],
      ['--token <NAME>', 'the secret to show, from the variable INGOT_SECRET_NAME'],
      ['--record <FILE>', 'also write what comes to a file, for --arrival recorded'],
      ['--connections <FILE>', 'several at once: a JSON list of connections'],
    ],
    keys: SETTING_KEYS.filter((key) => !NOT_OF_CONNECTIONS.has(key)),
    examples: [
      ['ingot connect --rpc http://127.0.0.1:8899 --program KEY', 'the accounts of a program'],
      ["ingot connect --rpc 'https://HOST/?api-key={token}' --token KEY --account KEY", 'with a secret'],
      ['ingot connect --follow updates.ndjson --json', 'a file that grows, for another program'],
      ['ingot connect --connections live.json --metrics-port 9464', 'several, watched by Prometheus'],
    ],
    more: EXIT_CODES_HELP,
    async run({ flags, load }) {
      const loaded = await withMapping(await load());
      const { connect } = await import('./connect');
      return connect(loaded, flags, SAMPLE_PATH);
    },
  },
  {
    name: 'coverage',
    argument: ['[RUN]', 'number of the run of one connection; left out: of all'],
    summary: 'show which slots connections covered, and the gaps',
    description:
      'Shows the ranges of slots in which a connection missed nothing, and the gaps in which something may be missing, the ' +
      'latest first.',
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot coverage', 'of all connections'],
      ['ingot coverage 7 --json', 'of one, for another program'],
    ],
    async run({ argument, load }) {
      if (argument !== undefined && !/^\d{1,19}$/.test(argument)) {
        throw new IngotError('invalid_input', `${argument} is not the number of a run.`);
      }
      const { showCoverage } = await import('./coverage');
      return showCoverage(await load(), argument ?? null, SAMPLE_PATH);
    },
  },
];
