// Makes what Prometheus and Grafana load, and the runbooks, from the definitions in src-main/observability/alerts.
//
//   npm run alerts                                     ops/alerts.yml, ops/grafana-dashboard.json, the runbooks
//   npm run --silent alerts -- --print --time-scale 0.02    rules for a trial, on standard output: windows, patience and
//                                                      interval are a fiftieth
//   npm run --silent alerts -- --show                  provokes one and lets a real Prometheus see it, 20 seconds
//   npm run --silent alerts -- --print --runbooks https://wiki.example.org/ingot

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ROOT } from './ensure-built.mjs';
import { ensurePrometheus } from './ensure-prometheus.mjs';
import { createTypeScriptLoader } from './load-typescript.mjs';

async function main({ print, show, timeScale, runbooks }) {
  const load = await createTypeScriptLoader();
  if (show) {
    const { showAlert } = await load('ops/monitoring/show.ts');
    await showAlert({ root: ROOT, program: ensurePrometheus().prometheus, say: console.log });
    process.exit();
  }
  if (print) {
    const { ALERTS } = await load('src-main/observability/alerts/definitions.ts');
    const { renderRules } = await load('ops/monitoring/rules.ts');
    process.stdout.write(
      renderRules(ALERTS, {
        ...(timeScale !== undefined && { timeScale }),
        ...(runbooks !== undefined && { runbooks }),
      }),
    );
  } else {
    const { makeFiles } = await load('ops/monitoring/made-files.ts');
    for (const { path, text } of makeFiles(ROOT)) {
      writeFileSync(join(ROOT, path), text);
      console.log(path);
    }
  }
  // The loader keeps the process alive.
  process.exit();
}

const factor = (text) => {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('a number above 0, at most 1');
  return value;
};

await new Command('alerts')
  .option('--print', 'rules on standard output, for a trial; changes no file')
  .option('--show', 'provoke an alert and show how a real Prometheus sees it')
  .option('--time-scale <factor>', 'what windows, patience and interval are multiplied with', factor)
  .option('--runbooks <address>', 'of the page with the runbooks')
  .action(main)
  .parseAsync();
