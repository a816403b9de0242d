import { expect, it } from 'vitest';
import { createInterruption, endSignals, SAME_SIGNAL_MS } from './interruption';

function listen() {
  const heard: string[] = [];
  let nowMs = 0;
  const interruption = createInterruption({
    monotonicMs: () => nowMs,
    onFirst: () => heard.push('first'),
    onSecond: () => heard.push('second'),
  });
  return {
    heard,
    signalAt(atMs: number) {
      nowMs = atMs;
      interruption.signal();
    },
  };
}

it('asks for an orderly end at the first signal', () => {
  const { heard, signalAt } = listen();
  signalAt(1000);
  expect(heard).toEqual(['first']);
});

it('takes a key press that arrives twice for one', () => {
  const { heard, signalAt } = listen();
  signalAt(1000);
  signalAt(1003);
  signalAt(1000 + SAME_SIGNAL_MS - 1);
  expect(heard).toEqual(['first']);
});

it('ends at once when asked again', () => {
  const { heard, signalAt } = listen();
  signalAt(1000);
  signalAt(1000 + SAME_SIGNAL_MS);
  expect(heard).toEqual(['first', 'second']);
});

it('a hangup ends what runs on a terminal, and nothing else', () => {
  expect(endSignals(true)).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP']);
  expect(endSignals(false)).toEqual(['SIGINT', 'SIGTERM']);
});
