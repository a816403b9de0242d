// Loaded into a program by `node --import`: says at its end the most memory that it had, as seen ten times a second.

import { writeFileSync } from 'node:fs';

const peak = { heapBytes: 0, residentBytes: 0 };
const look = () => {
  const { heapUsed, rss } = process.memoryUsage();
  peak.heapBytes = Math.max(peak.heapBytes, heapUsed);
  peak.residentBytes = Math.max(peak.residentBytes, rss);
};
setInterval(look, 100).unref();
process.on('exit', () => {
  look();
  writeFileSync(process.env.MEMORY_PROBE_FILE, JSON.stringify(peak));
});
