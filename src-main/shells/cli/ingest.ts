import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { composeOrigin } from '../../host/run-starter';
import { openSource, type SourceSpec } from '../../ingestion/open-source';
import type { LoadedSettings } from '../../settings/load-settings';
import { runSettingsOf } from '../../settings/schema';
import type { ExitCode } from '../process/failure';
import { noteStart, onStage, playRun } from './play-run';

/**
 * Ingests one source and shows what happens.
 * @throws IngotError if the run could not begin: see `exitCodeOf`.
 */
export function ingest(file: string, loaded: LoadedSettings): Promise<ExitCode> {
  const { settings } = loaded;
  return onStage(settings, async (stage) => {
    const { output, ending } = stage;
    if (file === '-' && process.stdin.isTTY) {
      output.note('Reading from the terminal. Ctrl-D ends the input.\n');
    }
    const source = await openSource(file === '-' ? standardInput() : { kind: 'file', path: file }, settings);
    try {
      ending.workBegins();
      noteStart(output, 'Reading', source, settings);
      const origin = file === '-' ? null : composeOrigin({ kind: 'path', path: resolve(file) });
      return await playRun(loaded, stage, async () => ({
        source,
        takenUp: null,
        simulated: settings.simulate,
        begin: (engine, held) => engine.startRun(held, runSettingsOf(settings), origin),
      }));
    } finally {
      await source.close();
    }
  });
}

/** @throws IngotError `source_unreadable` for a directory: for Node it is a stream with nothing in it. */
function standardInput(): SourceSpec {
  if (fstatSync(process.stdin.fd).isDirectory()) {
    throw new IngotError('source_unreadable', 'stdin is a directory, not a file.', {
      hint: 'Give one file: ingot ingest - < FILE',
    });
  }
  return { kind: 'stream', stream: process.stdin, name: 'stdin' };
}
