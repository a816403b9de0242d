// Everything that has to hold before a change lands: `npm test`. Runs every step, also after one has
// failed, shows what each says, and ends with one line that adds up the runners' own results:
//
//   N passed, N failed
//
// Lint and types count one each, a test one. Ends with an error if anything failed or no test ran.
//
// --quick: lint, types, and the unit tests that open no database, no program and no connection. For the loop.
// --desktop [SPEC…]: the specs in the real desktop window, and nothing else. Needs Electron's runtime.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { openDisplay } from './display.mjs';
import { fetchElectron, findElectron } from './electron-runtime.mjs';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

const results = mkdtempSync(join(tmpdir(), 'ingot-test-'));
const bin = (path) => join(ROOT, 'node_modules', path);

/** Runs to its end with its output passed through, or into `log`; gives whether it ended well. */
function run(args, { env = {}, log } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', log ? 'pipe' : 'inherit', log ? 'pipe' : 'inherit'],
      env: { ...process.env, ...env },
    });
    child.stdout?.on('data', log);
    child.stderr?.on('data', log);
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** Keeps what it is told until it is opened; from then on that is passed on as it comes. */
function createGate(passOn) {
  let held = [];
  return {
    log: (chunk) => (held ? held.push(chunk) : passOn(chunk)),
    open() {
      for (const chunk of held) passOn(chunk);
      held = null;
    },
  };
}

const one = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, tests: 0 });

/** What a runner wrote about itself. One that ended badly has failed, whatever it counted. */
function readResult(file, ok, count) {
  let counted = { passed: 0, failed: 0, skipped: 0 };
  try {
    counted = count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    ok = false;
  }
  const failed = ok ? counted.failed : Math.max(counted.failed, 1);
  return { ...counted, failed, tests: counted.passed + counted.failed };
}

const PROJECTS = ['src-main', 'src-renderer', 'ops', 'e2e', 'src-shared'];

/** Two at a time, the longest first: the compiler uses one core. What each says is shown when it has ended. */
async function checkTypes() {
  const left = [...PROJECTS];
  let ok = true;
  const checkNext = async () => {
    for (let project = left.shift(); project; project = left.shift()) {
      const said = [];
      const log = (chunk) => said.push(chunk);
      if (!(await run([bin('typescript/bin/tsc'), '-p', project], { log }))) ok = false;
      for (const chunk of said) process.stdout.write(chunk);
    }
  };
  await Promise.all([checkNext(), checkNext()]);
  return one(ok);
}

async function runUnitTests(...more) {
  const file = join(results, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ok = await run([bin('vitest/vitest.mjs'), 'run', ...more, ...reporters]);
  return readResult(file, ok, (report) => {
    for (const { name, message, assertionResults } of report.testResults) {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName, failureMessages } of failed)
        noteFailure(relative(ROOT, name), fullName, failureMessages[0]);
      // A file that could not be loaded has no tests.
      if (assertionResults.length === 0 && message)
        noteFailure(relative(ROOT, name), 'the whole file', message);
    }
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  });
}

/** The specs of a suite and of the suites inside it. */
const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)];

async function runEndToEndTests({ log, args = [], env: more } = {}) {
  const file = join(results, 'playwright.json');
  const env = { ...more, PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  if (process.stdout.isTTY) env.FORCE_COLOR = '1';
  const command = [bin('@playwright/test/cli.js'), 'test', '--reporter=list,json', ...args];
  const ok = await run(command, { env, log });
  return readResult(file, ok, ({ stats, errors, suites }) => {
    for (const spec of suites.flatMap(specsOf)) {
      for (const { projectName, status, results: tries } of spec.tests) {
        if (status !== 'unexpected') continue;
        noteFailure(`e2e/${spec.file} [${projectName}]`, spec.title, tries.at(-1)?.error?.message);
      }
    }
    return {
      passed: stats.expected + stats.flaky,
      failed: stats.unexpected + errors.length,
      skipped: stats.skipped,
    };
  });
}

const sum = { passed: 0, failed: 0, skipped: 0, tests: 0 };
const lines = [];
/** One line for each failed test: its place, its name, and what it said first. */
const failures = [];
const noteFailure = (place, name, message) =>
  failures.push(`FAILED  ${place} › ${name}: ${stripVTControlCharacters(message ?? '').split('\n', 1)[0]}`);

/** Says which step it is, waits for its end, and adds it up. */
async function step(title, work) {
  console.log(`\n== ${title}`);
  const result = await work();
  for (const key of Object.keys(sum)) sum[key] += result[key];
  lines.push(`${result.failed > 0 ? 'FAILED' : 'ok    '}  ${title}`);
}

async function runAllTests() {
  console.log('\n== What the tests need');
  // Without it the tests that need it are skipped, and say so.
  await run([join(ROOT, 'ops/ensure-prometheus.mjs')]);
  await run([join(ROOT, 'ops/ensure-redis.mjs')]);
  // Before the runners that need it, or both would build. Without a build only the one can say anything.
  const built = await run([join(ROOT, 'ops/ensure-built.mjs')]);
  // Side by side: each of them leaves a part of two cores unused, as it waits for windows, files and programs.
  const gate = createGate((chunk) => process.stdout.write(chunk));
  const endToEnd = built ? runEndToEndTests({ log: gate.log }) : Promise.resolve(one(false));
  await step('Unit and integration tests', runUnitTests);
  await step('End-to-end tests', () => {
    gate.open();
    return endToEnd;
  });
}

/** "Electron 45.4.1, Chrome 152.0.1, from DIRECTORY", asked of the program itself. */
function describeElectron(electron, env) {
  const script = join(results, 'versions.cjs');
  writeFileSync(script, 'process.stdout.write(JSON.stringify(process.versions)); process.exit();');
  // Chromium refuses to run as root with its sandbox.
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '-r', script, ROOT];
  const printed = execFileSync(electron, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const versions = JSON.parse(printed);
  return `Electron ${versions.electron}, Chrome ${versions.chrome}, from ${dirname(electron)}`;
}

async function runDesktopTests(args) {
  const electron = findElectron() ?? (await fetchElectron());
  if (!electron) {
    console.log(
      "Electron's runtime is not installed and could not be fetched: run `node node_modules/electron/install.js`, " +
        'or set ELECTRON_OVERRIDE_DIST_PATH to the directory of one.',
    );
    return one(false);
  }
  ensureBuilt(['main', 'window']);
  const display = await openDisplay();
  try {
    const runtime = describeElectron(electron, display.env);
    console.log(runtime);
    const result = await runEndToEndTests({ args: ['--project=electron', ...args], env: display.env });
    console.log(`\n${runtime}`);
    return result;
  } finally {
    display.close();
  }
}

const [mode, ...specs] = process.argv.slice(2);
if (mode === '--desktop') {
  await step('Specs in the desktop window', () => runDesktopTests(specs));
} else {
  await step('Lint and format', async () => {
    const tidy = await run([bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']);
    return one((await run([bin('oxlint/bin/oxlint')])) && tidy);
  });
  await step('Types', checkTypes);
  if (mode === '--quick') await step('Quick unit tests', () => runUnitTests('--project=quick'));
  else await runAllTests();
}

rmSync(results, { recursive: true, force: true });
if (sum.tests === 0) sum.failed = Math.max(sum.failed, 1);

console.log(`\n${lines.join('\n')}\n`);
if (failures.length > 0) console.log(`${failures.join('\n')}\n`);
// On a line of its own: what reads the last line need not know that tests can be skipped.
if (sum.skipped > 0) console.log(`${sum.skipped} skipped; the runners said above which, and why`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed > 0 ? 1 : 0;
