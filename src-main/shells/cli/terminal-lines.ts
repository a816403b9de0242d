import type { Clock } from '../../time/clock';

/** Lines for a terminal, put out in frames: a terminal is slow, and nobody reads 10,000 lines a second. */
export interface TerminalLines {
  /** A line of one kind; `kind` is what a line left out is counted as. */
  add(kind: string, line: string): void;
  /** Puts out at once whatever waits. */
  flush(): void;
}

export interface TerminalLinesOptions {
  readonly clock: Clock;
  /** Gets whole lines, line feeds included. */
  readonly put: (text: string) => void;
  readonly frameMs?: number;
  readonly linesPerFrame?: number;
}

const FRAME_MS = 50;
const LINES_PER_FRAME = 500;

/**
 * The first line after a rest goes out at once; those that follow within a frame go out together at its
 * end. Beyond `linesPerFrame` they are only counted.
 */
export function createTerminalLines(options: TerminalLinesOptions): TerminalLines {
  const { clock, put, frameMs = FRAME_MS, linesPerFrame = LINES_PER_FRAME } = options;
  let lines: string[] = [];
  let leftOut = new Map<string, number>();
  let resting = true;

  const flush = () => {
    if (leftOut.size > 0) lines.push(formatLeftOut(leftOut));
    if (lines.length > 0) put(`${lines.join('\n')}\n`);
    lines = [];
    leftOut = new Map();
  };
  const endFrame = () => {
    resting = lines.length === 0;
    flush();
    if (!resting) clock.setAlarm(clock.now() + frameMs, endFrame);
  };

  return {
    flush,
    add(kind, line) {
      if (lines.length < linesPerFrame) lines.push(line);
      else leftOut.set(kind, (leftOut.get(kind) ?? 0) + 1);
      if (!resting) return;
      resting = false;
      flush();
      clock.setAlarm(clock.now() + frameMs, endFrame);
    },
  };
}

function formatLeftOut(leftOut: ReadonlyMap<string, number>): string {
  const parts = [...leftOut].map(([kind, count]) => `${count.toLocaleString('en-US')} ${kind}`);
  return `            … and ${parts.join(', ')}`;
}
