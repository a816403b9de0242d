import { describe, expect, it } from 'vitest';
import { createLogRing } from './log-ring';

const line = (n: number, more: object = {}) =>
  `${JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', component: 'engine', ...more, msg: `entry ${n}` })}\n`;

function fill(count: number, limits = { entries: 10, characters: 1_000_000 }) {
  const ring = createLogRing(limits);
  for (let n = 1; n <= count; n += 1) ring.write(line(n));
  return ring;
}
const seqs = ({ entries }: { readonly entries: readonly { readonly seq: number }[] }) =>
  entries.map(({ seq }) => seq);

describe('the ring of the latest entries', () => {
  it('takes a line apart into what every entry has and the rest', () => {
    const ring = createLogRing();
    ring.write(line(1, { runId: '7', err: { code: 'conflict' } }));
    expect(ring.before(null, 10).entries).toEqual([
      {
        seq: 1,
        timeMs: Date.UTC(2026, 0, 1),
        level: 'info',
        component: 'engine',
        message: 'entry 1',
        fields: '{"runId":"7","err":{"code":"conflict"}}',
      },
    ]);
  });

  it('gives the latest page, then pages back to its beginning', () => {
    const ring = fill(10);
    expect(seqs(ring.before(null, 4))).toEqual([7, 8, 9, 10]);
    expect(seqs(ring.before(7, 4))).toEqual([3, 4, 5, 6]);
    expect(seqs(ring.before(3, 4))).toEqual([1, 2]);
    expect(seqs(ring.before(1, 4))).toEqual([]);
  });

  it('gives what came after a position', () => {
    const ring = fill(10);
    expect(seqs(ring.after(8, 4))).toEqual([9, 10]);
    expect(seqs(ring.after(2, 4))).toEqual([3, 4, 5, 6]);
    expect(seqs(ring.after(10, 4))).toEqual([]);
  });

  it('forgets the oldest, and says from where on it knows', () => {
    const ring = fill(25);
    expect(ring.before(null, 500)).toMatchObject({ lastSeq: 25, floorSeq: 15 });
    expect(seqs(ring.before(null, 500))).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(seqs(ring.after(3, 2))).toEqual([16, 17]);
  });

  it('is bounded in characters too', () => {
    const ring = fill(25, { entries: 10, characters: line(1).length * 3.5 });
    expect(seqs(ring.before(null, 500))).toEqual([23, 24, 25]);
  });

  it('keeps the sentence alone of an entry that is too long', () => {
    const ring = createLogRing();
    ring.write(line(1, { data: 'x'.repeat(100_000) }));
    const [entry] = ring.before(null, 1).entries;
    expect(entry).toMatchObject({ message: 'entry 1', component: 'engine', level: 'info' });
    expect(entry?.fields).toMatch(/^\{"leftOut":"100\d{3} characters: too long to be shown here"\}$/);
  });
});
