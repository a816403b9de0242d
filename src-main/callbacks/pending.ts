import type { EpochMs } from '../../src-shared/update';

/** The callbacks that wait, as the holder of the database knows them. */
export interface PendingCallbacks {
  count(): number;
  /** When the next one is due by the wall clock; null if none will be, as things stand. */
  earliestMs(): EpochMs | null;
  /**
   * Calls `visit` for each, in no order: the number of its update, when it is due by the wall clock (infinity while
   * its run's clock stands still), and when by the clock of its run.
   */
  each(visit: (seq: bigint, wallMs: number, dueMs: number, runId: string) => void): void;
}
