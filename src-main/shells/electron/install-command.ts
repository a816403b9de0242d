import { chmodSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { app } from 'electron';
import { IngotError } from '../../../src-shared/errors';
import { makeDirectory } from '../../database/make-directory';

/** Tells our script from anyone else's command of the same name. */
const MARK = '# The command `ingot` of the desktop app.';

/** The program that the command would start; null where a package installs the command, and where there is no package. */
export function programForCommand(): string | null {
  if (!app.isPackaged) return null;
  if (process.platform === 'darwin') return process.execPath;
  return (process.platform === 'linux' && process.env.APPIMAGE) || null;
}

export interface InstalledCommand {
  readonly path: string;
  /** A terminal finds it by its name. */
  readonly isOnPath: boolean;
}

/**
 * Writes the command `ingot` into a directory of the user's own.
 * @param program the AppImage, or the app's program.
 * @throws IngotError `conflict` if another program of that name is there.
 */
export function installCommand(
  program: string,
  { home, searchPath = '' }: { home: string; searchPath?: string | undefined },
): InstalledCommand {
  const directory = join(home, '.local/bin');
  const path = join(directory, 'ingot');
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere && !(existsSync(path) && readFileSync(path, 'utf8').includes(MARK))) {
    throw new IngotError('conflict', `${path} is another program, and was left as it is.`, {
      hint: 'Move it away, then install the command again.',
    });
  }
  makeDirectory(directory);
  const quoted = `'${program.replaceAll("'", `'\\''`)}'`;
  writeFileSync(
    path,
    [
      '#!/bin/sh',
      MARK,
      '[ -n "$DISPLAY$WAYLAND_DISPLAY" ] && headless= || headless=--ozone-platform=headless',
      `exec ${quoted} $headless --no-sandbox --disable-gpu --log-level=3 --cli -- "$@"`,
      '',
    ].join('\n'),
  );
  chmodSync(path, 0o755);
  return { path, isOnPath: searchPath.split(delimiter).includes(directory) };
}
