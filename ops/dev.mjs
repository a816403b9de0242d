#!/usr/bin/env node
// `npm run dev [-- FILE]`: the app in a browser while you work on it. The window comes from Vite and updates in place;
// the engine is built again and restarted after each change, and the window then loads again.
//
// The web shell is the built one, with its guards. Vite passes on what the window asks of it, so its one-time link and
// its cookie are needed here as well. Nothing of this is in a build.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { resolveConfig } from 'electron-vite';
import { build, createServer } from 'vite';
import { ROOT } from './ensure-built.mjs';

const OUT = join(ROOT, 'out/dev');
const ADDRESS = '127.0.0.1';
/** What the web shell answers itself; everything else is the window's, from Vite. */
const FOR_SHELL = '^(/ws|/upload|/backups/[^/]+|/[?]token=.*)$';

// `npm run` changes into the project; file names mean the directory in which they were typed.
const typedIn = process.env.INIT_CWD ?? process.cwd();
const args = process.argv.slice(2);

const { config } = await resolveConfig({ root: ROOT, logLevel: 'warn' }, 'build', 'development');
const shellPort = await findFreePort();
const window = await serveWindow(shellPort);
const windowOrigin = `http://${ADDRESS}:${window.httpServer.address().port}`;

let shell = null;
let isEnding = false;
const watcher = await build({
  ...config.main,
  mode: 'development',
  build: { ...config.main.build, outDir: OUT, emptyOutDir: true, minify: false, sourcemap: true, watch: {} },
});
// One restart after the other: the next shell needs the port and the lock of the one before.
let restarting = Promise.resolve();
watcher.on('event', (event) => {
  if (event.code === 'ERROR') console.error(event.error?.message ?? event.error);
  if (event.code === 'END') restarting = restarting.then(restart);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);

async function findFreePort() {
  const probe = createTcpServer().listen(0, ADDRESS);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function serveWindow(port) {
  const target = `http://${ADDRESS}:${port}`;
  const nonce = randomBytes(16).toString('base64');
  const server = await createServer({
    ...config.renderer,
    configFile: false,
    mode: 'development',
    html: { cspNonce: nonce },
    server: {
      host: ADDRESS,
      hmr: { path: '/hmr' },
      headers: { 'content-security-policy': policyWith(nonce), 'x-content-type-options': 'nosniff' },
      proxy: {
        [FOR_SHELL]: {
          target,
          changeOrigin: true,
          ws: true,
          configure(proxy) {
            // The shell knows its own origin only. Every other origin is left as it is, and refused there.
            const isOwn = ({ headers }) => headers.origin === `http://${headers.host}`;
            const rewrite = (outgoing, request) => isOwn(request) && outgoing.setHeader('origin', target);
            proxy.on('proxyReq', rewrite);
            proxy.on('proxyReqWs', rewrite);
          },
        },
      },
    },
  });
  return server.listen();
}

/** As in production, with a nonce for the script and the styles that Vite puts into the page. */
function policyWith(nonce) {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    // Of Vite's client, which looks in it for a server that is gone.
    "worker-src 'self' blob:",
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ws://${ADDRESS}:*`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function restart() {
  const isFirst = shell === null;
  await stopShell();
  if (isEnding) return;
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', join(OUT, 'web.js'), '--no-open', '--port', String(shellPort), ...args],
    { cwd: typedIn, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  shell = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const token = /^listening \S+[?]token=(\S+)$/.exec(line)?.[1];
    if (token === undefined) console.log(line);
    else
      console.log(
        isFirst
          ? `Open ${windowOrigin}/?token=${token}`
          : `Restarted. Another window: ${windowOrigin}/?token=${token}`,
      );
  });
  child.once('exit', (code) => {
    if (child === shell && code !== 0)
      console.error(`The engine ended with ${code}. It starts again after the next change.`);
  });
}

/** In order, as a terminal would: a run stops at its checkpoint, and the database is closed. */
async function stopShell() {
  const child = shell;
  shell = { exitCode: 0 };
  if (child === null || child.exitCode !== null || child.signalCode) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function end() {
  if (isEnding) process.exit(130);
  isEnding = true;
  await restarting;
  await stopShell();
  await watcher.close();
  await window.close();
  process.exit(0);
}
