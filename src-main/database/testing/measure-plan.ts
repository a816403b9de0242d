import type { Queryable, SqlValue } from '../database';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

export interface PlanCost {
  /** Rows that its scans of tables and indexes read, before any filter. */
  readonly rows: number;
  /** Accesses to blocks of 8 KiB. */
  readonly buffers: number;
  /** For a person, if a limit is exceeded. */
  readonly plan: string;
}

/** Runs a statement and measures what it read. */
export async function measurePlan(
  db: Queryable,
  text: string,
  values: readonly SqlValue[] = [],
): Promise<PlanCost> {
  const { rows } = await db.query<{ 'QUERY PLAN': string }>(
    {
      name: 'explain',
      deadline: 'maintenance',
      text: `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF, FORMAT JSON) ${text}`,
    },
    values,
  );
  const plan = rows[0]?.['QUERY PLAN'] ?? '[]';
  const [first] = JSON.parse(plan) as readonly { Plan: PlanNode }[];
  if (!first) throw new Error('no plan');
  const { Plan: root } = first;
  // A node's numbers include its children's.
  const buffers = (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0);
  return { rows: rowsOf(root), buffers, plan };
}

function rowsOf(node: PlanNode): number {
  const isScan = /^(Parallel )?(Seq|Index|Index Only|Bitmap Heap|Tid|Sample) Scan$/.test(node['Node Type']);
  const own = isScan
    ? node['Actual Rows'] +
      (node['Rows Removed by Filter'] ?? 0) +
      (node['Rows Removed by Index Recheck'] ?? 0)
    : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), own * node['Actual Loops']);
}
