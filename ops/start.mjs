#!/usr/bin/env node
// `npm start [-- FILE]`: opens the desktop app if Electron's runtime is there or can be fetched, otherwise the same window in a
// browser, otherwise prints the address.

import './say-starting.mjs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { chooseShell, composeElectronArguments, composeEnvironment } from './choose-shell.mjs';
import { fetchElectron, findElectron, hasFailedLately } from './electron-runtime.mjs';
import { ensureBuilt, ROOT, runProgram } from './ensure-built.mjs';

/** The loader's exit code if libraries are missing. */
const CANNOT_BE_LOADED = 127;

// `npm run` changes into the project; file names are relative to the directory where they were typed.
const typedIn = process.env.INIT_CWD;
if (typedIn && process.env.npm_lifecycle_event && join(process.cwd(), '/') === ROOT) process.chdir(typedIn);

const args = process.argv.slice(2);

async function obtainElectron() {
  const { env: variables, platform } = process;
  const path = findElectron();
  const choice = chooseShell({
    args,
    platform,
    variables,
    hasRuntime: path !== undefined,
    failedLately: hasFailedLately(),
  });
  if (choice === 'web') return undefined;
  if (choice === 'electron') return path;
  process.stderr.write("Getting Electron's runtime, once…\n");
  const fetched = await fetchElectron();
  if (!fetched) {
    process.stderr.write('It could not be had: opening the window in a browser instead.\n');
    process.stderr.write('`npx install-electron` gets it later.\n');
  }
  return fetched;
}

/** Runs the desktop app to its end; returns whether it could start. */
function runElectron(electron) {
  const child = spawn(
    electron,
    composeElectronArguments({ root: ROOT, args, isRoot: process.getuid?.() === 0 }),
    { stdio: 'inherit', env: composeEnvironment(process.env) },
  );
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Without a terminal, as under `nohup`, a hangup ends nothing.
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const passOn = (signal) => (signal !== 'SIGHUP' || hasTerminal) && child.kill(signal);
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve) => {
    const end = (started) => {
      for (const signal of signals) process.off(signal, passOn);
      resolve(started);
    };
    child.once('error', () => end(false));
    child.once('exit', (code, signal) => {
      end(code !== CANNOT_BE_LOADED);
      // Ends by the same signal, so that the caller sees it.
      if (signal) process.kill(process.pid, signal);
      else if (code !== CANNOT_BE_LOADED) process.exitCode = code ?? 1;
    });
  });
}

ensureBuilt(['main', 'window']);
const electron = await obtainElectron();
if (!electron || !(await runElectron(electron))) {
  delete process.env.INGOT_NO_DOWNLOAD;
  await runProgram('web');
}
