import { describe, expect, it } from 'vitest';
import { type ColumnNeeds, fitColumns } from './fit-columns';

const column = (parts: Partial<ColumnNeeds>): ColumnNeeds => {
  const { size = 60 } = parts;
  return { size, fixed: null, grow: 1, least: 0, usual: parts.numbers ?? 0, numbers: 0, whole: 0, ...parts };
};
const id = column({ size: 120, least: 130, whole: 340 });
const number = column({ least: 100, numbers: 200, whole: 200 });

describe('the widths of columns', () => {
  it('fill the room by shares when everything is whole', () => {
    expect(fitColumns([column({ grow: 0 }), column({ grow: 1 }), column({ grow: 3 })], 580)).toEqual([
      60, 160, 360,
    ]);
  });

  it('make numbers whole before anything else', () => {
    expect(fitColumns([id, number, number], 530)).toEqual([130, 200, 200]);
    expect(fitColumns([id, number, number], 600)).toEqual([200, 200, 200]);
    expect(fitColumns([id, number, number], 743)).toEqual([341, 201, 201]);
  });

  it('make an id whole before the rare huge numbers', () => {
    const rare = { ...number, usual: 100 };
    expect(fitColumns([id, rare, rare], 540)).toEqual([340, 100, 100]);
    expect(fitColumns([id, rare, rare], 640)).toEqual([340, 150, 150]);
  });

  it('give what there is to the numbers alike, and to the one that needs least first', () => {
    expect(fitColumns([id, number, number], 430)).toEqual([130, 150, 150]);
    const shorter = { ...number, usual: 110, numbers: 110, whole: 110 };
    expect(fitColumns([id, number, shorter], 400)).toEqual([130, 160, 110]);
  });

  it('never go below what must not be cut', () => {
    expect(fitColumns([id, number, number], 100)).toEqual([130, 100, 100]);
    expect(fitColumns([{ ...number, fixed: 40 }], 500)).toEqual([100]);
  });

  it('are what a person set, whatever is cut by it', () => {
    expect(fitColumns([{ ...id, fixed: 150 }, number], 900)).toEqual([150, 750]);
  });
});
