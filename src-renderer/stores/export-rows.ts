import { stringify } from 'csv-stringify/browser/esm/sync';
import { MAX_WINDOW_ROWS, type RowWindow, type WindowRequest } from '../../src-shared/views';

type Cell = string | number | null;

export interface Exported {
  /** One part per window of rows, so the whole is never one string. */
  readonly parts: readonly Blob[];
  readonly rows: number;
}

interface ExportOptions<Row> {
  readonly fetchRows: (window: WindowRequest) => Promise<RowWindow<Row>>;
  /** In the order of the cells. */
  readonly columns: readonly string[];
  readonly cells: (row: Row) => readonly Cell[];
  readonly onProgress: (rows: number, total: number) => void;
  /** Called between two windows. */
  readonly isCancelled: () => boolean;
}

/**
 * Reads all rows window by window into CSV. A change meanwhile may or may not be included. No row appears twice if the order is
 * by a fixed value, such as id or arrival.
 * @returns null if cancelled.
 */
export async function exportRows<Row>(options: ExportOptions<Row>): Promise<Exported | null> {
  const { fetchRows, columns, cells, onProgress, isCancelled } = options;
  const parts: Blob[] = [new Blob([stringify([[...columns]])])];
  let rows = 0;
  let cursor: string | null = null;
  for (;;) {
    if (isCancelled()) return null;
    const page: RowWindow<Row> = await fetchRows({
      from: cursor === null ? { edge: 'start' } : { after: cursor },
      limit: MAX_WINDOW_ROWS,
    });
    const lines = page.rows.map((row) => [...cells(row)]);
    if (lines.length > 0) parts.push(new Blob([stringify(lines, { escape_formulas: true })]));
    rows += page.rows.length;
    onProgress(rows, Math.max(page.total, rows));
    cursor = page.next ?? page.rows.at(-1)?.cursor ?? null;
    if (page.atEnd || cursor === null) return { parts, rows };
  }
}
