import type { Database } from './database';

export interface AbandonableDatabase extends Database {
  /**
   * Closes without waiting: every pending call rejects, and uncommitted work is rolled back. For a database that hangs; as safe
   * as the end of the process.
   */
  abandon(): Promise<void>;
}
