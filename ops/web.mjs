#!/usr/bin/env node
// `npm run web`: updates the build, then runs the web shell in this process, so that signals and the exit code are its own.

import './say-starting.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

// `npm run` changes into the project; file names are relative to the directory where they were typed.
const typedIn = process.env.INIT_CWD;
if (typedIn && process.env.npm_lifecycle_event && join(process.cwd(), '/') === ROOT) process.chdir(typedIn);

ensureBuilt(['main', 'window']);
await import(pathToFileURL(join(ROOT, 'out/main/web.js')).href);
