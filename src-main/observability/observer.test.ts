import { expect, it } from 'vitest';
import { combineObservers, type Observer, unobserved } from './observer';

it('lets all observers look on, the first from the outermost place, and changes nothing of the work', async () => {
  const seen: string[] = [];
  const observer = (name: string): Observer => ({
    async around(work, attributes, doIt) {
      seen.push(`${name} sees ${work} ${attributes.runId} begin`);
      try {
        return await doIt();
      } finally {
        seen.push(`${name} sees it end`);
      }
    },
  });
  const both = combineObservers([observer('first'), observer('second')]);
  expect(await both.around('batch', { runId: '7' }, async () => 42)).toBe(42);
  expect(seen).toEqual([
    'first sees batch 7 begin',
    'second sees batch 7 begin',
    'second sees it end',
    'first sees it end',
  ]);
  await expect(both.around('run', {}, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(await combineObservers([]).around('run', {}, async () => 1)).toBe(1);
});

it('skips observers without the work, and passes events to all that listen', () => {
  const heard: string[] = [];
  const listener = (name: string): Observer => ({
    ...unobserved,
    hear: ({ length }) => heard.push(`${name} ${length}`),
  });
  const deaf: Observer = { around: (_work, _attributes, doIt) => doIt() };
  expect(combineObservers([unobserved, deaf, unobserved])).toBe(deaf);
  combineObservers([listener('one'), deaf, listener('other')]).hear?.([]);
  expect(heard).toEqual(['one 0', 'other 0']);
});
