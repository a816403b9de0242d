import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createFloodLimit } from './flood-limit';

function openLimit(perSecond: number) {
  const clock = createVirtualClock();
  const limit = createFloodLimit({ clock, perSecond });
  const said: string[] = [];
  const admit = (kind: string) => limit.admit(kind, (leftOut) => said.push(`${leftOut} ${kind}`));
  const flood = (kind: string, count: number) =>
    Array.from({ length: count }, () => admit(kind)).filter(Boolean).length;
  return { clock, limit, said, admit, flood };
}

describe('a flood of entries', () => {
  it('is let through up to the limit, and counted beyond it', async () => {
    const { clock, said, flood } = openLimit(10);
    expect(flood('batch', 1_244)).toBe(10);
    expect(said).toEqual([]);
    await clock.waitUntil(1_000);
    expect(said).toEqual(['1234 batch']);
  });

  it('may come again the second after', async () => {
    const { clock, said, flood } = openLimit(10);
    flood('batch', 11);
    await clock.waitUntil(1_000);
    expect(flood('batch', 12)).toBe(10);
    await clock.waitUntil(2_000);
    expect(said).toEqual(['1 batch', '2 batch']);
  });

  it('of one kind leaves other kinds alone', async () => {
    const { clock, said, flood, admit } = openLimit(10);
    flood('batch', 100);
    expect(admit('run ended')).toBe(true);
    await clock.waitUntil(5_000);
    expect(said).toEqual(['90 batch']);
  });

  it('is no flood where entries come as slowly as the limit', async () => {
    const { clock, said, admit } = openLimit(10);
    for (let at = 0; at < 5_000; at += 100) {
      await clock.waitUntil(at);
      expect(admit('batch')).toBe(true);
    }
    await clock.waitUntil(60_000);
    expect(said).toEqual([]);
  });

  it('is summed up at once at the end', () => {
    const { limit, said, flood } = openLimit(10);
    flood('batch', 15);
    limit.settle();
    limit.settle();
    expect(said).toEqual(['5 batch']);
  });

  it('of ever new kinds does not grow without end', () => {
    const { said, admit, flood } = openLimit(1);
    flood('batch', 3);
    for (let kind = 0; kind < 2_000; kind += 1) admit(`kind ${kind}`);
    expect(said).toEqual(['2 batch']);
  });
});
