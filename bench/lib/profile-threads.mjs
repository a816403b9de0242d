// Preloaded into a program (`node --import`): writes a CPU profile of each of its threads into the directory
// THREAD_PROFILES, a piece every half second. In pieces, because the database's thread is ended from outside, without a
// word. Preloads run in every thread.

import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const PIECE_MS = 500;
const SAMPLE_US = 1_000;

const session = new Session();
session.connect();
const thread = isMainThread ? 'engine' : 'database';
let pieces = 0;

const ignore = () => {};
session.post('Profiler.enable', ignore);
session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US }, ignore);
session.post('Profiler.start', ignore);

function writePiece() {
  session.post('Profiler.stop', (error, answer) => {
    if (error) throw error;
    pieces += 1;
    const name = `${thread}-${String(pieces).padStart(4, '0')}.cpuprofile`;
    writeFileSync(join(process.env.THREAD_PROFILES, name), JSON.stringify(answer.profile));
  });
  session.post('Profiler.start', ignore);
}

setInterval(writePiece, PIECE_MS).unref();
if (isMainThread) process.on('exit', writePiece);
