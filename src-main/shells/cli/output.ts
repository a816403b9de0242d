import type { EngineEvent } from '../../../src-shared/feed';
import { toPrintable } from '../../../src-shared/printable';
import { formatReport, formatSummary } from '../../../src-shared/report-text';
import { formatRunTime } from '../../../src-shared/run-clock';
import { describeGoal, formatGoal, type RunGoal } from '../../../src-shared/run-goal';
import type { Clock } from '../../time/clock';
import { describeTerminal, outputColors, shareTerminal } from '../process/terminal';
import { formatEventJson } from './event-json';
import { formatEventText } from './event-text';
import { createLineWriter } from './line-writer';
import { createProgressBar, type Progress, type ProgressBar } from './progress';
import { createTerminalLines } from './terminal-lines';

/** Everything that a run shows: events on standard output; notes, logs and progress on standard error. */
export interface Output {
  accept(events: readonly EngineEvent[]): void;
  /** The run came to where it is to stop, at `at` of its clock. */
  reached(goal: RunGoal, at: number): void;
  /** Whole lines for standard error, kept clear of the progress line. */
  note(text: string): void;
  /** Resolves when more events may be made: see `LineWriter`. */
  ready(): Promise<void>;
  /** Nobody waits for a slow reader any more. */
  release(): void;
  /** Shows a progress line from now on, where there is a place for one. */
  showProgress(read: () => Progress): void;
  /** Gives the terminal back as it was, at once. */
  restoreTerminal(): void;
  /** Resolves when everything has been taken. */
  end(): Promise<void>;
}

export interface OutputOptions {
  readonly json: boolean;
  /** Real time, also in a simulated run. */
  readonly clock: Clock;
  readonly onReaderGone: () => void;
  readonly onFault: (error: Error) => void;
}

const NO_REPORT = 'No report: the database was lost, so the leaders are not known.';

export function openOutput({ json, clock, onReaderGone, onFault }: OutputOptions): Output {
  const { stdout, stderr } = process;
  const isScreen = describeTerminal(stdout).canRedraw;
  const out = createLineWriter(stdout, { onReaderGone, onFault });
  // Who has closed standard error does not want to know.
  const err = createLineWriter(stderr, { onReaderGone: () => {}, onFault: () => {} });
  const oneScreen = shareTerminal();
  let bar: ProgressBar | undefined;

  const put = (text: string) => (bar && oneScreen ? bar.above(text) : out.write(text));
  const terminalLines = isScreen ? createTerminalLines({ clock, put }) : undefined;
  const restoreTerminal = () => {
    terminalLines?.flush();
    bar?.stop();
    bar = undefined;
  };

  /** The run that is shown. */
  let underWay: string | null = null;
  const acceptJson = (events: readonly EngineEvent[]) => {
    let lines = '';
    for (const event of events) {
      if (event.event === 'run') underWay = event.status.runId;
      const line = formatEventJson(event, underWay);
      if (line !== undefined) lines += `${line}\n`;
    }
    out.write(lines);
  };

  const colors = outputColors();
  const acceptText = (events: readonly EngineEvent[]) => {
    let lines = '';
    for (const event of events) {
      if (event.event === 'report' || event.event === 'summary') {
        out.write(lines);
        lines = '';
        restoreTerminal();
        out.write(
          event.event === 'report'
            ? `\n${event.complete ? formatReport(event.types, { paint: colors.bold }) : NO_REPORT}\n\n`
            : `${formatSummary(event.counts, event.at, event.complete)}\n`,
        );
        continue;
      }
      if (event.event === 'run') underWay = event.status.runId;
      const line = formatEventText(event, { colors, shortIds: isScreen, underWay });
      if (line === undefined) continue;
      if (terminalLines) terminalLines.add(event.event, line);
      else lines += `${line}\n`;
    }
    out.write(lines);
  };

  return {
    accept: json ? acceptJson : acceptText,
    reached(goal, at) {
      restoreTerminal();
      const line = { event: 'reached', at, until: formatGoal(goal) };
      out.write(
        json
          ? `${JSON.stringify(line)}\n`
          : `${formatRunTime(at)}  stopped at ${describeGoal(goal, toPrintable)}\n`,
      );
    },
    note: (text) => (bar ? bar.above(text) : err.write(text)),
    ready: () => out.ready(),
    release: () => out.release(),
    showProgress(read) {
      if (!json && describeTerminal(stderr).canRedraw) bar ??= createProgressBar(stderr, read);
    },
    restoreTerminal,
    async end() {
      restoreTerminal();
      await Promise.all([out.flush(), err.flush()]);
    },
  };
}
