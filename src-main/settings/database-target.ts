import type { DatabaseTarget } from '../storage/open-database';
import type { Settings } from './schema';

export function databaseTargetOf({ database, memory, dataDir, readOnly }: Settings): DatabaseTarget {
  if (database !== null) return { kind: 'server', url: database, ...(readOnly && { readOnly }) };
  if (memory || dataDir === null) return { kind: 'memory' };
  return { kind: 'data-dir', dataDir };
}
