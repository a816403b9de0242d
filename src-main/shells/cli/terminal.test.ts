import { expect, it } from 'vitest';
import { wantsColors } from './terminal';

it.each([
  [{ isTTY: true, variables: {} }, true],
  [{ isTTY: false, variables: {} }, false],
  [{ isTTY: true, variables: { NO_COLOR: '1' } }, false],
  [{ isTTY: true, variables: { NO_COLOR: '' } }, true],
  [{ isTTY: true, variables: { TERM: 'dumb' } }, false],
  [{ isTTY: false, variables: { FORCE_COLOR: '1' } }, true],
  [{ isTTY: true, variables: { FORCE_COLOR: '0' } }, false],
  [{ isTTY: true, variables: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
])('for %j answers %s', (choice, colors) => {
  expect(wantsColors(choice)).toBe(colors);
});
