/** What a table does with the keys that are meant for tables. */
export interface TableKeys {
  move(rows: number): void;
  /** By whole views. */
  page(pages: number): void;
  first(): void;
  last(): void;
  open(): void;
  copy(): void;
  /** Puts the focus into the filter, if there is one. */
  filter(): void;
  fire?(): void;
  cancel?(): void;
}

/**
 * Which table hears the keys: the one that came last and is still there. A view's table takes charge
 * when it is shown and gives it back when it goes.
 */
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
