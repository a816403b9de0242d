/** One column of a table, in CSS pixels with its padding. */
export interface ColumnNeeds {
  /** Its width while there is little in it. */
  readonly size: number;
  /** Set by a person: neither grows nor shrinks, but for what must not be cut. */
  readonly fixed: number | null;
  /** Share of the width that is left when every column is whole. */
  readonly grow: number;
  /** What its cells need with everything cut that may be cut. */
  readonly least: number;
  /** The same with every number whole. */
  readonly numbers: number;
  /** With nothing cut. */
  readonly whole: number;
}

/**
 * Widths of the columns of a table `room` wide: first what must not be cut, then numbers whole, then everything
 * whole, then the rest by shares. Where there is not enough for a step, the columns that need least for it come
 * first. The sum is more than `room` if even the first step does not fit: such a table scrolls sideways.
 */
export function fitColumns(columns: readonly ColumnNeeds[], room: number): number[] {
  const widths = columns.map(({ size, fixed, least }) => Math.max(fixed ?? size, least));
  let left = room - sum(widths);
  for (const step of ['numbers', 'whole'] as const) {
    const wanting = columns
      .map((column, at) => ({ at, wants: column.fixed === null ? column[step] - (widths[at] ?? 0) : 0 }))
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
