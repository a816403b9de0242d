import { type Command, Option } from 'commander';
import { IngotError } from '../../../src-shared/errors';
import type { ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { formatExamples } from './help-text';

const KEYS = ['dataDir', 'database', 'readOnly', 'json'] as const;

export function addHealth(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('health')
    .summary('say whether Ingot is ready for work')
    .description(
      'Asks a running Ingot for its health, or, if none has the database, looks into the database itself. ' +
        'Exit code 0: every check is well. 1: one is not, or nobody can tell.',
    )
    .addOption(
      new Option(
        '--port <N>',
        'ask the Ingot that serves on this port of 127.0.0.1: its own, or its --metrics-port',
      ),
    )
    .addHelpText(
      'after',
      formatExamples([
        ['ingot health', 'of the usual database, and of whoever has it'],
        ['ingot health --port 9464 --json', 'of a running Ingot, for another program'],
        ['ingot health --database postgres://localhost/ingot', 'of a server'],
      ]),
    );
  addSettingOptions(command, KEYS);
  command.action(async (flags: { port?: string; dataDir?: string; database?: string }) => {
    const { port, dataDir, database } = flags;
    if (port !== undefined && (dataDir ?? database) !== undefined) {
      throw new IngotError('invalid_input', '--port excludes --data-dir and --database: set one of them.');
    }
    const loaded = await readSettings(command, KEYS);
    const { showHealth } = await import('./health');
    end(await showHealth(loaded.settings, port === undefined ? null : portFrom(port)));
  });
}

function portFrom(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new IngotError('invalid_input', `--port is "${text}": it must be a whole number from 1 to 65535.`);
}
