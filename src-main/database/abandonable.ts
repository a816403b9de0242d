import type { Database } from './database';

export interface AbandonableDatabase extends Database {
  /**
   * Closes without waiting: whatever is in hand rejects, and is rolled back if it was not committed. For a
   * database that hangs; as safe as the end of the process.
   */
  abandon(): Promise<void>;
}
