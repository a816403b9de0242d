#!/usr/bin/env node
// `npm run web`: brings the build up to date, then runs the web shell in this same process, so that signals
// and the exit code are its own.

import './say-starting.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

// `npm run` changes into the project; file names mean the directory in which they were typed.
const typedIn = process.env.INIT_CWD;
if (typedIn && process.env.npm_lifecycle_event && join(process.cwd(), '/') === ROOT) process.chdir(typedIn);

ensureBuilt(['main', 'window']);
await import(pathToFileURL(join(ROOT, 'out/main/web.js')).href);
