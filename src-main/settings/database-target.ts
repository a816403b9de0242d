import type { DatabaseTarget } from '../storage/open-database';
import type { Settings } from './schema';

export function databaseTargetOf({ database, memory, dataDir, readOnly, space }: Settings): DatabaseTarget {
  if (database !== null) return { kind: 'server', url: database, ...(readOnly && { readOnly }), space };
  if (memory || dataDir === null) return { kind: 'memory', space };
  return { kind: 'data-dir', dataDir, space };
}
