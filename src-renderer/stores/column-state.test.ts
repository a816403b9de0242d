import { describe, expect, it } from 'vitest';
import { type ColumnState, placeColumn, readColumnState } from './column-state';

const IDS = ['id', 'type', 'tokens', 'version'];
const FRESH = readColumnState({}, IDS);
const pinning = (state: ColumnState) => state.columnPinning.start;

describe('the columns of a table', () => {
  it('are as the view has them until a person changes them', () => {
    expect(FRESH).toEqual({ columnOrder: [], columnVisibility: {}, columnPinning: { start: [], end: [] } });
    for (const stored of [null, 7, [], { columnOrder: 'id', columnVisibility: [], columnPinning: null }])
      expect(readColumnState(stored, IDS)).toEqual(FRESH);
  });

  it('keep what was stored of the columns that there still are', () => {
    const stored = {
      columnOrder: ['version', 'gone', 'id', 'id', 'tokens'],
      columnVisibility: { tokens: false, gone: false, id: true },
      columnPinning: { start: ['gone', 'type'], end: ['id'] },
    };
    expect(readColumnState(stored, IDS)).toEqual({
      columnOrder: ['version', 'id', 'type', 'tokens'],
      columnVisibility: { tokens: false },
      columnPinning: { start: ['type'], end: [] },
    });
  });

  it('are never all hidden', () => {
    const all = Object.fromEntries(IDS.map((id) => [id, false]));
    expect(readColumnState({ columnVisibility: all }, IDS).columnVisibility).toEqual({});
  });

  it('take the place of another, to either side', () => {
    expect(placeColumn(FRESH, IDS, 'tokens', 'id').columnOrder).toEqual(['tokens', 'id', 'type', 'version']);
    expect(placeColumn(FRESH, IDS, 'id', 'tokens').columnOrder).toEqual(['type', 'tokens', 'id', 'version']);
  });

  it('are pinned among the pinned, and no longer outside of them', () => {
    const one = { ...FRESH, columnPinning: { start: ['version', 'type'], end: [] } };
    expect(pinning(placeColumn(one, IDS, 'id', 'version'))).toEqual(['id', 'version', 'type']);
    expect(pinning(placeColumn(one, IDS, 'type', 'version'))).toEqual(['type', 'version']);
    const out = placeColumn(one, IDS, 'type', 'tokens');
    expect(pinning(out)).toEqual(['version']);
    expect(out.columnOrder).toEqual(['id', 'type', 'tokens', 'version']);
  });
});
