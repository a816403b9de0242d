// Loaded before the program with `node --import`: counts what the program does (statements sent to the
// database thread, their answers, changes of files) and does damage at the one that was asked for. It patches
// Node's own modules, in the program's thread and in the database thread; the program has no hook for it.
//
// TORTURE_PLAN, JSON: { at: 'statement' | 'reply' | 'file', match?: regular expression, nth: number,
//   act: 'kill' | 'tear' | 'end-thread' | 'stop' | 'EIO' | …, spinUs?: number, sticky?: boolean, markTo?: file, countTo?: file }
//
//   kill        SIGKILL to the own process, before it happens; with `spinUs`, so long after it was begun
//   tear        of a write to a file: half of it, then SIGKILL
//   end-thread  ends the database thread
//   stop        SIGSTOP to the own process: somebody outside has to wake it
//   EIO, …      the use of a file fails so; `sticky`: all later ones that match as well
//
// `markTo` is written when the damage is done, `countTo` gets the number of events at the end.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import workerThreads, { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const plan = JSON.parse(process.env.TORTURE_PLAN ?? '{"nth":0}');
const match = plan.match === undefined ? null : new RegExp(plan.match);

/** Counted over both threads. */
if (isMainThread) setEnvironmentData('torture', new SharedArrayBuffer(4));
const counter = new Int32Array(getEnvironmentData('torture'));

/** Whether this is the event at which damage is done. */
function isDue(kind, what) {
  if (plan.at !== kind || (match && !match.test(what))) return false;
  const count = Atomics.add(counter, 0, 1) + 1;
  const due = count === plan.nth || (plan.sticky === true && plan.nth > 0 && count > plan.nth);
  if (due) mark();
  return due;
}

const { writeFileSync } = fs;
function mark() {
  if (plan.markTo !== undefined) writeFileSync(plan.markTo, '');
}

function spin(microseconds) {
  const end = process.hrtime.bigint() + BigInt(microseconds) * 1000n;
  while (process.hrtime.bigint() < end);
}

function killSelf() {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing more may happen in this thread.
  for (;;);
}

function fail(code, operation) {
  const error = new Error(`${code}: made by the harness, ${operation}`);
  return Object.assign(error, { code, syscall: operation });
}

const OPERATIONS = {
  openSync: 'open',
  writeSync: 'write',
  writeFileSync: 'write',
  ftruncateSync: 'truncate',
  truncateSync: 'truncate',
  renameSync: 'rename',
  unlinkSync: 'unlink',
  mkdirSync: 'mkdir',
  rmdirSync: 'unlink',
  rmSync: 'unlink',
  fsyncSync: 'sync',
  fdatasyncSync: 'sync',
  readSync: 'read',
  copyFileSync: 'copy',
  cpSync: 'copy',
  linkSync: 'rename',
};
const PROMISED = {
  open: 'open',
  writeFile: 'write',
  rename: 'rename',
  unlink: 'unlink',
  rm: 'unlink',
  mkdir: 'mkdir',
  truncate: 'truncate',
  copyFile: 'copy',
  cp: 'copy',
  readFile: 'read',
  readdir: 'read',
};
const STANDARD_STREAMS = 2;

/** Whether the operation goes on after what the plan does to it; throws what it is to fail with. */
function meddle(operation, args, perform) {
  const [target] = args;
  if (typeof target === 'number' && target <= STANDARD_STREAMS) return;
  if (!isDue('file', `${operation} ${typeof target === 'string' ? target : ''}`)) return;
  if (plan.act === 'kill') {
    if (plan.spinUs) perform();
    killSelf();
  }
  if (plan.act === 'tear') {
    const [fd, data, offset = 0, length = data.length] = args;
    if (operation === 'write' && typeof fd === 'number' && typeof data !== 'string') {
      perform(fd, data, offset, Math.floor(length / 2), args[4]);
    }
    killSelf();
  }
  if (/^E[A-Z]+$/.test(plan.act)) throw fail(plan.act, operation);
}

for (const [name, operation] of Object.entries(OPERATIONS)) {
  const original = fs[name];
  fs[name] = (...args) => {
    meddle(operation, args, (...other) => original(...(other.length > 0 ? other : args)));
    return original(...args);
  };
}
for (const [name, operation] of Object.entries(PROMISED)) {
  const original = fs.promises[name];
  fs.promises[name] = async (...args) => {
    meddle(operation, args, () => {});
    return original(...args);
  };
}

if (isMainThread) {
  const RealWorker = workerThreads.Worker;
  workerThreads.Worker = class Worker extends RealWorker {
    constructor(file, options = {}) {
      const shim = fileURLToPath(import.meta.url);
      super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', shim] });
    }
    postMessage(message, ...rest) {
      const due = isDue('statement', `${message?.kind} ${message?.text ?? ''}`);
      if (due && plan.act === 'kill' && plan.spinUs === undefined) killSelf();
      super.postMessage(message, ...rest);
      if (!due) return;
      if (plan.act === 'kill') {
        spin(plan.spinUs);
        killSelf();
      }
      if (plan.act === 'end-thread') void this.terminate();
      if (plan.act === 'stop') process.kill(process.pid, 'SIGSTOP');
    }
    emit(name, message, ...rest) {
      if (name === 'message' && isDue('reply', `${message?.kind} ${message?.result?.command ?? ''}`)) {
        if (plan.act === 'kill') killSelf();
        if (plan.act === 'end-thread') void this.terminate();
      }
      return super.emit(name, message, ...rest);
    }
  };
  if (plan.countTo !== undefined) {
    process.on('exit', () => writeFileSync(plan.countTo, String(Atomics.load(counter, 0))));
  }
}
syncBuiltinESMExports();
