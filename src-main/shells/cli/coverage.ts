import { type CoverageRow, gapNews, statusWords } from '../../../src-shared/connections';
import { toPrintable } from '../../../src-shared/printable';
import { MAX_WINDOW_ROWS, type RowWindow } from '../../../src-shared/views';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { refuseMemory } from './command';
import { openReader } from './report';
import { formatTime } from './times';
import { writeOut } from './write-out';

/** Prints what connections covered, and the gaps: the latest first. */
export async function showCoverage(
  loaded: LoadedSettings,
  runId: string | null,
  samplePath: string,
): Promise<ExitCode> {
  refuseMemory(loaded, 'is empty at every start: nothing to show.');
  const program = await openReader(loaded, samplePath, 'tables');
  try {
    let from: { readonly edge: 'start' } | { readonly after: string } = { edge: 'start' };
    for (let isFirst = true; ; isFirst = false) {
      const window = { from, limit: MAX_WINDOW_ROWS };
      const page: RowWindow<CoverageRow> = await program.call('coverage.page', { runId, window });
      const format = loaded.settings.json ? toJson : toLine;
      await writeOut(page.rows.map((row) => `${format(row)}\n`).join(''));
      if (isFirst && page.rows.length === 0 && !loaded.settings.json) {
        await writeOut('No connection has covered slots yet.\n');
      }
      const last = page.rows.at(-1);
      if (page.atEnd || last === undefined) return EXIT.done;
      from = { after: last.cursor };
    }
  } finally {
    await program.close();
  }
}

const toJson = ({ runId, since, until, ...row }: CoverageRow) => {
  const { kind, fromSlot, toSlot, reason, confirmedSlot, finalizedSlot } = row;
  const times = { since: since.at, until: until.at };
  return JSON.stringify({
    run: runId,
    kind,
    fromSlot,
    toSlot,
    reason,
    ...times,
    confirmedSlot,
    finalizedSlot,
  });
};

function toLine(range: CoverageRow): string {
  const { runId, kind, fromSlot, toSlot, until } = range;
  const what =
    kind === 'gap' ? gapNews(range) : `Slots ${fromSlot} to ${toSlot} are covered${statusWords(range)}.`;
  return `run ${runId}  ${formatTime(until, 'wall')}  ${toPrintable(what)}`;
}
