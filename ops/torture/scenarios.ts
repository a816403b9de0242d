import { conversions } from './conversion';
import { damages } from './damage';
import { diskFaults } from './disk-faults';
import { inputs } from './input';
import { killPoints } from './kill-points';
import { kills } from './kills';
import { races } from './races';
import { replacing } from './replacing';
import type { Scenario } from './scenario';
import { stops } from './stops';

export const scenarios: readonly Scenario[] = [
  ...kills,
  ...killPoints,
  ...conversions,
  ...replacing,
  ...stops,
  ...diskFaults,
  ...damages,
  ...inputs,
  ...races,
];
