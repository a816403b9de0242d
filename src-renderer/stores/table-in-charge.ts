export interface TableKeys {
  move(rows: number): void;
  /** Moves, and selects what lies between. */
  select?(rows: number): void;
  /** Of the row. */
  menu?(): void;
  /** By whole views. */
  page(pages: number): void;
  first(): void;
  last(): void;
  open(): void;
  copy(): void;
  /** Focuses the filter, if there is one. */
  filter(): void;
  fire?(): void;
  cancel?(): void;
}

/** Which table gets the keys: the latest one still shown. */
export interface TableInCharge {
  take(keys: TableKeys): () => void;
  current(): TableKeys | null;
}

export function createTableInCharge(): TableInCharge {
  const tables: TableKeys[] = [];
  return {
    take(keys) {
      tables.push(keys);
      return () => {
        const at = tables.indexOf(keys);
        if (at >= 0) tables.splice(at, 1);
      };
    },
    current: () => tables.at(-1) ?? null,
  };
}
