import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '../../src-main/time/clock';
import { copyProgram } from '../drive/program';
import type { DrivenShell } from '../drive/shells';
import { findRate, whyItDoesNotHold } from './find-rate';
import { type Monitoring, startMonitoring } from './monitored';
import { openPlaces, type PlaceChoice } from './place';
import { formatResult, formatResultJson, formatStep } from './report';
import { type LoadOptions, type LoadResult, runLoad } from './run-load';

export interface LoadTest extends LoadOptions {
  readonly place: PlaceChoice;
  /** Search for the highest rate that holds, from the given one. */
  readonly find: boolean;
  /** The limit for p99 from intended arrival to outcome. */
  readonly boundMs: number;
  /** Tries before a rate counts as not holding: the machine has other work. */
  readonly tries: number;
  readonly json: boolean;
  /** With a real Prometheus and a collector, and a provoked alert; the path of Prometheus, or null. */
  readonly monitoredBy: string | null;
}

export interface LoadStage {
  readonly root: string;
  /** The result. */
  readonly print: (line: string) => void;
  /** Progress. */
  readonly note: (line: string) => void;
  /** Called when a person wants it to end. */
  readonly onInterrupt: (leave: () => void) => void;
}

const HIGHEST_RATE = 1_000_000;

/** Runs a load test, or a search; returns whether everything was correct. */
export async function testLoad(test: LoadTest, stage: LoadStage): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-load-'));
  const program = copyProgram(stage.root);
  const clock = createSystemClock();
  let shell: DrivenShell | null = null;
  let monitoring: Monitoring | null = null;
  const tidyUp = () => {
    shell?.kill();
    program.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  stage.onInterrupt(tidyUp);
  try {
    const places = await openPlaces(test.place, { program, folder });
    try {
      if (test.monitoredBy !== null) {
        const { note } = stage;
        monitoring = await startMonitoring({ prometheus: test.monitoredBy, clock, folder, note });
      }
      let runs = 0;
      const run = async (perSecond: number): Promise<LoadResult> => {
        runs += 1;
        const options = { ...test, perSecond };
        return runLoad(options, {
          root: stage.root,
          folder: join(folder, `run-${runs}`),
          clock,
          place: await places.next(),
          ...(monitoring && { monitoring }),
          onStart: (started) => {
            shell = started;
          },
        });
      };
      return await (test.find
        ? search(test, stage, places.about, run)
        : once(test, stage, places.about, run));
    } finally {
      await monitoring?.close();
      await places.close();
    }
  } finally {
    tidyUp();
  }
}

type Run = (perSecond: number) => Promise<LoadResult>;

async function once(test: LoadTest, { print }: LoadStage, about: string, run: Run): Promise<boolean> {
  const result = await run(test.perSecond);
  print(test.json ? formatResultJson(result, about) : formatResult(result, about));
  return result.breaches.length === 0;
}

async function search(test: LoadTest, { print, note }: LoadStage, about: string, run: Run): Promise<boolean> {
  let best: LoadResult | null = null;
  let broken: LoadResult | null = null;
  const attempt = async (perSecond: number) => {
    let reasons: readonly string[] = [];
    for (let tried = 0; tried < test.tries; tried += 1) {
      // A wrong outcome is wrong at any rate, so stop searching.
      if (broken) return { reasons: ['an outcome was wrong'] };
      const result = await run(perSecond);
      reasons = whyItDoesNotHold(result, test.boundMs);
      note(formatStep(result, reasons));
      if (result.breaches.length > 0) broken = result;
      else if (reasons.length === 0) {
        best = result;
        break;
      }
    }
    return { reasons };
  };
  const found = await findRate(attempt, { from: test.perSecond, most: HIGHEST_RATE });
  const shown: LoadResult | null = broken ?? best;
  if (test.json) {
    const { holds, fails } = found;
    print(
      JSON.stringify({
        found: holds,
        fails,
        boundMs: test.boundMs,
        result: shown && { database: about, ...(shown as LoadResult) },
      }),
    );
  } else {
    if (shown) print(`\n${formatResult(shown, about)}\n`);
    print(
      found.holds === null
        ? 'No rate holds.'
        : `The highest rate that holds: ${found.holds.toLocaleString('en-US')} updates/s`,
    );
  }
  return broken === null;
}
