import { MultiBar } from 'cli-progress';
import { formatProgress, type Progress } from './progress-text';

/** A line that stays at the bottom of the terminal while others pass above it. */
export interface ProgressBar {
  /** Puts whole lines above it. */
  above(text: string): void;
  /** Takes it away and gives the cursor back. Idempotent. */
  stop(): void;
}

export function createProgressBar(stream: NodeJS.WritableStream, read: () => Progress): ProgressBar {
  const bars = new MultiBar({
    stream,
    // One column stays free: some terminals wrap as soon as the last one is filled.
    format: (_options, { maxWidth }) => formatProgress(read(), maxWidth - 1),
    fps: 10,
    forceRedraw: true,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: true,
    // Signals are the program's own affair: see `interruption.ts`.
    gracefulExit: false,
  });
  bars.create(1, 0);
  return {
    above(text) {
      bars.log(text);
      bars.update();
    },
    stop() {
      if (bars.isActive) bars.stop();
    },
  };
}
