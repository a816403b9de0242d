import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { LoadedSettings } from '../../settings/load-settings';
import { SETTING_KEYS } from '../../settings/schema';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { describeVersion } from '../process/version';

export interface WebOptions extends LoadedSettings {
  /** 0: any free one. */
  readonly port: number;
  /** Open a window, if there is a display and a browser. */
  readonly open: boolean;
  /** A client may name files in these directories by path. */
  readonly allowedDirectories: readonly string[];
  /** Ingested at start. */
  readonly file: string | undefined;
}

/** `--json` is for programs, and only the desktop app has updates. */
const KEYS = SETTING_KEYS.filter((key) => key !== 'json' && key !== 'updateFeed');

/** @throws CommanderError for wrong usage or `--help`; IngotError as `loadSettings`. */
export async function readWebOptions(argv: readonly string[]): Promise<WebOptions> {
  const command = new Command('ingot web')
    .description('Opens Ingot in a window of a browser, or prints the address to open.')
    .version(describeVersion(), '-V, --version', 'show the versions of Ingot, Node and the embedded Postgres')
    .argument('[FILE]', 'a file of account updates to ingest at once')
    .option('--port <PORT>', 'listen on this port of 127.0.0.1 (default: any free one)', parsePort, 0)
    .option('--no-open', 'open no window, only print the address')
    .option(
      '--allow-dir <DIR>',
      'a directory whose files the window may open by path; may be repeated',
      collect,
      [],
    )
    .exitOverride();
  addSettingOptions(command, KEYS);
  command.parse([...argv], { from: 'user' });
  const flags = command.opts<{ port: number; open: boolean; allowDir: string[] }>();
  const [file] = command.args;
  return {
    ...(await readSettings(command, KEYS)),
    port: flags.port,
    open: flags.open,
    allowedDirectories: flags.allowDir.map((directory) => resolve(directory)),
    file: file === undefined ? undefined : resolve(file),
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

function collect(directory: string, before: readonly string[]): readonly string[] {
  return [...before, directory];
}
