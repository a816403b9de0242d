import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDueQueue } from './due-queue';

const arbitraryStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ add: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ takeBy: fc.nat(50) }) },
);

const inOrder = (a: readonly [bigint, number], b: readonly [bigint, number]) =>
  a[1] - b[1] || (a[0] < b[0] ? -1 : 1);

const lengthOf = (seq: bigint) => Number(seq % 1_000n);

it('gives what a sorted list gives, whatever is added, taken out early and taken', () => {
  fc.assert(
    fc.property(fc.array(arbitraryStep, { maxLength: 300 }), (steps) => {
      const queue = createDueQueue();
      let list: (readonly [bigint, number])[] = [];
      let next = 2n ** 60n;
      for (const step of steps) {
        if ('add' in step) {
          queue.add(next, step.add, lengthOf(next));
          list.push([next, step.add]);
          next += 1n;
        } else if ('remove' in step) {
          const gone = list[step.remove % Math.max(1, list.length)];
          if (!gone) continue;
          queue.remove(gone[0]);
          list = list.filter((entry) => entry !== gone);
        } else {
          const first = list.sort(inOrder)[0];
          const due = first && first[1] <= step.takeBy ? first : null;
          expect(queue.take(step.takeBy)).toEqual(
            due && { seq: due[0], dueMs: due[1], dataLength: lengthOf(due[0]) },
          );
          if (due) list.shift();
        }
        expect(queue.size()).toBe(list.length);
        const [first] = list;
        if (first) expect(queue.find(first[0])?.dueMs).toBe(first[1]);
        expect(queue.find(next)).toBeUndefined();
        const all: (readonly [bigint, number])[] = [];
        queue.each((seq, dueMs) => all.push([seq, dueMs]));
        expect(all.sort(inOrder)).toEqual([...list].sort(inOrder));
        expect(queue.earliestMs()).toBe(list.sort(inOrder)[0]?.[1] ?? null);
      }
    }),
  );
});

it('keeps its order through clearing away thousands that were taken out early', () => {
  const queue = createDueQueue();
  const count = 20_000;
  for (let n = 0; n < count; n += 1) queue.add(BigInt(n), (n * 7919) % 10_007, 1);
  const kept: (readonly [bigint, number])[] = [];
  for (let n = 0; n < count; n += 1) {
    if (n % 5 === 0) kept.push([BigInt(n), (n * 7919) % 10_007]);
    else queue.remove(BigInt(n));
  }
  expect(queue.size()).toBe(kept.length);
  const taken: (readonly [bigint, number])[] = [];
  for (let first = queue.take(10_007); first; first = queue.take(10_007))
    taken.push([first.seq, first.dueMs]);
  expect(taken).toEqual(kept.sort(inOrder));
  expect(queue.earliestMs()).toBeNull();
});
