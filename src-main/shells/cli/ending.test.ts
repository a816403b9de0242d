import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { SAME_SIGNAL_MS } from '../process/interruption';
import { createEnding } from './ending';

function open() {
  const clock = createVirtualClock();
  const left: number[] = [];
  const signals = new Map<string, () => void>();
  const ending = createEnding(
    clock,
    (code) => left.push(code),
    (name, listener) => signals.set(name, listener),
  );
  return { clock, left, ending, send: (name: string) => signals.get(name)?.() };
}

describe('the end', () => {
  it.each(['SIGINT', 'SIGTERM'])('is immediate on %s before there is work to finish', (name) => {
    const { left, send } = open();
    send(name);
    expect(left).toEqual([130]);
  });

  it('lets the work finish once there is some', () => {
    const { left, ending, send } = open();
    const asked: string[] = [];
    ending.workBegins();
    ending.onBegin(() => asked.push('stop'));
    send('SIGINT');
    expect(asked).toEqual(['stop']);
    expect(ending.reason()).toBe('signal');
    expect(left).toEqual([]);
  });

  it('tells also who asks after it has begun', () => {
    const { ending, send } = open();
    ending.workBegins();
    send('SIGTERM');
    const asked: string[] = [];
    ending.onBegin(() => asked.push('stop'));
    expect(asked).toEqual(['stop']);
  });

  it('comes within two seconds, whatever hangs', async () => {
    const { clock, left, ending, send } = open();
    ending.workBegins();
    send('SIGINT');
    await clock.waitUntil(2000);
    expect(left).toEqual([130]);
  });

  it('comes at once with a second signal', async () => {
    const { clock, left, ending, send } = open();
    ending.workBegins();
    send('SIGINT');
    await clock.waitUntil(SAME_SIGNAL_MS);
    send('SIGINT');
    expect(left).toEqual([130]);
  });

  it('keeps its first reason', () => {
    const { ending, send } = open();
    ending.workBegins();
    ending.begin('reader gone');
    send('SIGINT');
    expect(ending.reason()).toBe('reader gone');
  });

  it('is a failure when output cannot be written', async () => {
    const { clock, left, ending } = open();
    ending.workBegins();
    ending.begin('output fault');
    await clock.waitUntil(2000);
    expect(left).toEqual([1]);
  });
});
