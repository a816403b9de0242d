/** In CSS pixels, padding included. */
export interface ColumnNeeds {
  /** Width while its cells are narrow. */
  readonly size: number;
  /** Set by a person: it neither grows nor shrinks, except for what must not be cut. */
  readonly fixed: number | null;
  /** Share of the spare width. */
  readonly grow: number;
  /** Needed with everything cut that may be cut. */
  readonly least: number;
  /** Needed with whole numbers in nearly all rows: one huge number must not take the room of all ids. */
  readonly usual: number;
  /** Needed with whole numbers. */
  readonly numbers: number;
  /** Needed with nothing cut. */
  readonly whole: number;
}

/**
 * Column widths for a table of `room` pixels: first what must not be cut, then the usual numbers, then ids and texts, then all
 * numbers, then the spare width by shares. If a step does not fit, the columns that need least come first. The sum exceeds `room` if the first step does
 * not fit: such a table scrolls sideways.
 */
export function fitColumns(columns: readonly ColumnNeeds[], room: number): number[] {
  const widths = columns.map(({ size, fixed, least }) => Math.max(fixed ?? size, least));
  let left = room - sum(widths);
  const steps: ((column: ColumnNeeds) => number)[] = [
    ({ usual }) => usual,
    ({ numbers, whole }) => (whole > numbers ? whole : 0),
    ({ whole }) => whole,
  ];
  for (const needOf of steps) {
    const wanting = columns
      .map((column, at) => ({ at, wants: column.fixed === null ? needOf(column) - (widths[at] ?? 0) : 0 }))
      .filter(({ wants }) => wants > 0)
      .sort((one, other) => one.wants - other.wants);
    wanting.forEach(({ at, wants }, place) => {
      const given = Math.max(0, Math.min(wants, Math.floor(left / (wanting.length - place))));
      widths[at] = (widths[at] ?? 0) + given;
      left -= given;
    });
  }
  const shares = columns.map(({ fixed, grow }) => (fixed === null ? grow : 0));
  let sharesLeft = sum(shares);
  shares.forEach((share, at) => {
    if (share === 0 || left <= 0) return;
    const given = Math.floor((left * share) / sharesLeft);
    widths[at] = (widths[at] ?? 0) + given;
    left -= given;
    sharesLeft -= share;
  });
  return widths;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
