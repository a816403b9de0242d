// Loaded into a program by `node --import`: says at its end the most memory that it had, as seen ten times a
// second, and the least heap of each five seconds: about what was held on to, for in each there is a collection.

import { writeFileSync } from 'node:fs';

const LOOKS_PER_FLOOR = 50;

const seen = { heapBytes: 0, residentBytes: 0, floorsBytes: [] };
let looks = 0;
let floorBytes = Number.POSITIVE_INFINITY;
const look = () => {
  const { heapUsed, rss } = process.memoryUsage();
  seen.heapBytes = Math.max(seen.heapBytes, heapUsed);
  seen.residentBytes = Math.max(seen.residentBytes, rss);
  floorBytes = Math.min(floorBytes, heapUsed);
  looks += 1;
  if (looks % LOOKS_PER_FLOOR > 0) return;
  seen.floorsBytes.push(floorBytes);
  floorBytes = Number.POSITIVE_INFINITY;
};
setInterval(look, 100).unref();
process.on('exit', () => {
  look();
  if (seen.floorsBytes.length === 0) seen.floorsBytes.push(floorBytes);
  writeFileSync(process.env.MEMORY_PROBE_FILE, JSON.stringify(seen));
});
