#!/usr/bin/env node
// The command `ingot`: updates the build, then runs the command line, or with `ingot web` the web shell. In this process, so that
// signals, standard input and the exit code are the program's own.

import { join } from 'node:path';
import { ensureBuilt, ROOT, runProgram } from './ensure-built.mjs';

// `npm run` changes into the project; file names are relative to the directory where they were typed.
const typedIn = process.env.INIT_CWD;
const scripts = ['ingot', 'web', 'ingest', 'resume', 'generate', 'backup', 'restore', 'reset', 'config'];
if (typedIn && scripts.includes(process.env.npm_lifecycle_event) && join(process.cwd(), '/') === ROOT) {
  process.chdir(typedIn);
}

const [first, second] = process.argv.slice(2);
const asksAboutWeb = first === 'help' && second === 'web';
const isWeb = first === 'web' || asksAboutWeb;
if (isWeb) {
  process.argv.splice(2, asksAboutWeb ? 2 : 1, ...(asksAboutWeb ? ['--help'] : []));
  await import('./say-starting.mjs');
}
ensureBuilt(isWeb ? ['main', 'window'] : ['main']);
await runProgram(isWeb ? 'web' : 'cli');
