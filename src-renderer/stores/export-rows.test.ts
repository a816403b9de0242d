import { expect, test } from 'vitest';
import type { RowWindow, WindowRequest } from '../../src-shared/views';
import { exportRows } from './export-rows';

interface Row {
  readonly id: string;
  readonly tokens: string;
}

function createSource(size: number) {
  const asked: WindowRequest[] = [];
  const fetchRows = (window: WindowRequest): Promise<RowWindow<Row>> => {
    asked.push(window);
    const start = 'after' in window.from ? Number(window.from.after) + 1 : 0;
    const end = Math.min(size, start + window.limit);
    const rows = Array.from({ length: end - start }, (_, at) => ({
      id: `id-${start + at}`,
      tokens: '18446744073709551615',
      cursor: String(start + at),
    }));
    return Promise.resolve({
      rows,
      atStart: start === 0,
      atEnd: end === size,
      next: null,
      total: size,
      totalIs: 'exact',
      startIndex: start,
    });
  };
  return { asked, fetchRows };
}

const options = {
  columns: ['id', 'tokens'],
  cells: (row: Row) => [row.id, row.tokens],
  onProgress: () => {},
  isCancelled: () => false,
};
const textOf = (parts: readonly Blob[]) => new Blob([...parts]).text();

test('walks every window to the end, each row once, integers exact', async () => {
  const source = createSource(1_234);
  const exported = await exportRows({ ...options, fetchRows: source.fetchRows });
  expect(exported?.rows).toBe(1_234);
  expect(source.asked).toHaveLength(3);
  const lines = (await textOf(exported?.parts ?? [])).trimEnd().split('\n');
  expect(lines[0]).toBe('id,tokens');
  expect(lines[1_234]).toBe('id-1233,18446744073709551615');
  expect(new Set(lines).size).toBe(1_235);
});

test('goes on where a window stopped before it was full', async () => {
  const source = createSource(600);
  const exported = await exportRows({
    ...options,
    // The first search ends without a row.
    fetchRows: async (window) => {
      if (source.asked.length > 0) return source.fetchRows(window);
      const page = await source.fetchRows({ ...window, limit: 1 });
      return { ...page, rows: [], next: '99' };
    },
  });
  expect(exported?.rows).toBe(500);
  expect(await textOf(exported?.parts ?? [])).toMatch(/^id,tokens\nid-100,/);
});

test('goes on where a search stopped, also with nothing found', async () => {
  const whole = createSource(1_000).fetchRows;
  const exported = await exportRows({
    ...options,
    // At most one row in a hundred matches; each answer says where the search stopped.
    fetchRows: async (window) => {
      const page = await whole({ ...window, limit: 250 });
      const last = page.rows.at(-1)?.cursor ?? null;
      return {
        ...page,
        rows: page.rows.filter(({ cursor }) => Number(cursor) % 100 === 7 && Number(cursor) > 500),
        next: page.atEnd ? null : last,
      };
    },
  });
  expect(exported?.rows).toBe(5);
});

test('nothing to export is a header alone', async () => {
  const exported = await exportRows({ ...options, fetchRows: createSource(0).fetchRows });
  expect(await textOf(exported?.parts ?? [])).toBe('id,tokens\n');
});

test('stops between two windows when it is cancelled', async () => {
  const source = createSource(5_000);
  let seen = 0;
  const exported = await exportRows({
    ...options,
    fetchRows: source.fetchRows,
    onProgress: (rows) => {
      seen = rows;
    },
    isCancelled: () => seen >= 1_000,
  });
  expect(exported).toBeNull();
  expect(source.asked).toHaveLength(2);
});
