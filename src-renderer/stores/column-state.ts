/** Which columns a table shows, and in what order. The widths are stored apart. */
export interface ColumnState {
  /** Empty: as the view has them. */
  readonly columnOrder: string[];
  /** Only what is hidden is named. */
  readonly columnVisibility: Record<string, boolean>;
  readonly columnPinning: { readonly start: string[]; readonly end: string[] };
}

/** What was stored, as far as it is usable: another version of Ingot may have written it, with other columns. */
export function readColumnState(stored: unknown, ids: readonly string[]): ColumnState {
  const parts = objectOf(stored);
  const known = (list: unknown) => (Array.isArray(list) ? ids.filter((id) => list.includes(id)) : []);
  const ordered = (list: unknown) =>
    Array.isArray(list) ? [...new Set(list)].filter((id): id is string => ids.includes(id)) : [];
  const visibility = objectOf(parts.columnVisibility);
  const hidden = known(Object.keys(visibility).filter((id) => visibility[id] === false));
  const order = ordered(parts.columnOrder);
  return {
    // A column that is new stands where the view has it, after the one before it.
    columnOrder:
      order.length === 0 ? [] : ids.reduce((all, id, at) => insertNew(all, id, ids[at - 1]), order),
    // At least one column stays.
    columnVisibility:
      hidden.length < ids.length ? Object.fromEntries(hidden.map((id) => [id, false] as const)) : {},
    columnPinning: { start: ordered(objectOf(parts.columnPinning).start), end: [] },
  };
}

/** The column takes the place of another, and is pinned if that one is. */
export function placeColumn(
  state: ColumnState,
  ids: readonly string[],
  id: string,
  target: string,
): ColumnState {
  const { start } = state.columnPinning;
  const pinned = start.includes(id);
  const order = state.columnOrder.length === 0 ? [...ids] : state.columnOrder;
  if (start.includes(target)) {
    // From outside it comes last among the pinned, and then takes the place.
    return withPinned(state, takePlace(pinned ? start : [...start, id], id, target));
  }
  const left = pinned
    ? withPinned(
        state,
        start.filter((other) => other !== id),
      )
    : state;
  // From the pinned ones it comes in front of the others.
  const from = pinned ? [id, ...order.filter((other) => other !== id)] : order;
  return { ...left, columnOrder: pinned ? before(from, id, target) : takePlace(from, id, target) };
}

function withPinned(state: ColumnState, start: string[]): ColumnState {
  return { ...state, columnPinning: { start, end: [] } };
}

function takePlace(list: readonly string[], id: string, target: string): string[] {
  const at = list.indexOf(target);
  const rest = list.filter((other) => other !== id);
  rest.splice(at, 0, id);
  return rest;
}

function before(list: readonly string[], id: string, target: string): string[] {
  const rest = list.filter((other) => other !== id);
  rest.splice(rest.indexOf(target), 0, id);
  return rest;
}

function insertNew(order: string[], id: string, previous: string | undefined): string[] {
  if (order.includes(id)) return order;
  const at = previous === undefined ? 0 : order.indexOf(previous) + 1;
  return [...order.slice(0, at), id, ...order.slice(at)];
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
