import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createTerminalLines } from './terminal-lines';

function open() {
  const clock = createVirtualClock();
  const shown: string[] = [];
  const lines = createTerminalLines({
    clock,
    put: (text) => shown.push(text),
    frameMs: 50,
    linesPerFrame: 3,
  });
  return { clock, shown, lines };
}

describe('lines for a terminal', () => {
  it('go out at once after a rest', () => {
    const { shown, lines } = open();
    lines.add('fired', 'a');
    expect(shown).toEqual(['a\n']);
  });

  it('go out together at the end of a frame while more come', async () => {
    const { clock, shown, lines } = open();
    for (const line of ['a', 'b', 'c']) lines.add('fired', line);
    expect(shown).toEqual(['a\n']);
    await clock.waitUntil(50);
    expect(shown).toEqual(['a\n', 'b\nc\n']);
  });

  it('are counted by kind when there are too many to read', async () => {
    const { clock, shown, lines } = open();
    lines.add('indexed', '0');
    for (const line of ['1', '2', '3', '4', '5']) lines.add('indexed', line);
    lines.add('stale', '6');
    await clock.waitUntil(50);
    expect(shown[1]?.split('\n').map((line) => line.trim())).toEqual([
      '1',
      '2',
      '3',
      '… and 2 indexed, 1 stale',
      '',
    ]);
  });

  it('are at rest again after an empty frame', async () => {
    const { clock, shown, lines } = open();
    lines.add('fired', 'a');
    await clock.waitUntil(100);
    lines.add('fired', 'b');
    expect(shown).toEqual(['a\n', 'b\n']);
  });

  it('go out when they are asked for', () => {
    const { shown, lines } = open();
    lines.add('fired', 'a');
    lines.add('fired', 'b');
    lines.flush();
    expect(shown).toEqual(['a\n', 'b\n']);
  });
});
