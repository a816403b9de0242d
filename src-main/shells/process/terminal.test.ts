import { expect, it } from 'vitest';
import { describeTerminal } from './terminal';

it.each([
  [true, {}, 'colours, redraws'],
  [false, {}, 'plain'],
  [true, { NO_COLOR: '1' }, 'redraws'],
  [true, { NO_COLOR: '' }, 'colours, redraws'],
  [true, { TERM: 'dumb' }, 'plain'],
  [true, { TERM: 'dumb', NO_COLOR: '1' }, 'plain'],
  [true, { TERM: 'dumb', FORCE_COLOR: '1' }, 'colours'],
  [false, { TERM: 'xterm', FORCE_COLOR: '1' }, 'colours'],
  [true, { FORCE_COLOR: '0' }, 'redraws'],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, 'redraws'],
])('a terminal (%s) with %j shows %s', (isTTY, variables, shown) => {
  const { isTerminal, hasColors, canRedraw } = describeTerminal({ isTTY }, variables);
  expect(isTerminal).toBe(isTTY);
  const parts = [...(hasColors ? ['colours'] : []), ...(canRedraw ? ['redraws'] : [])];
  expect(parts.join(', ') || 'plain').toBe(shown);
});
