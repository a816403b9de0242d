#!/usr/bin/env node
// The command `ingot`: updates the build, then runs it in this process, so that signals, standard input and the exit code are the
// program's own.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

// `npm run` changes into the project; file names are relative to the directory where they were typed.
const typedIn = process.env.INIT_CWD;
const scripts = ['ingot', 'ingest', 'resume', 'generate', 'backup', 'restore', 'reset', 'config'];
if (typedIn && scripts.includes(process.env.npm_lifecycle_event) && join(process.cwd(), '/') === ROOT) {
  process.chdir(typedIn);
}

ensureBuilt(['main']);
await import(pathToFileURL(join(ROOT, 'out/main/cli.js')).href);
