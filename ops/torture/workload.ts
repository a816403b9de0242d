import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { planArrivals } from '../../src-main/ingestion/arrival-plan';
import { openSource } from '../../src-main/ingestion/open-source';
import type { SourceRecord } from '../../src-main/ingestion/record';
import { parseDelayRange, runSettingsSchema } from '../../src-shared/run-settings';
import type { Random } from './random';

export interface WorkloadOptions {
  readonly records: number;
  readonly accounts: number;
  /** Callback times are drawn from these. */
  readonly callbackTimesMs: readonly number[];
  readonly gzip?: boolean;
  /** Flags that say how it arrives. */
  readonly arrival: readonly string[];
}

export interface Workload {
  readonly path: string;
  /** As the program reads them, in the order in which they arrive. */
  readonly records: readonly SourceRecord[];
}

/** Writes a source in which indexed, stale, duplicate, conflicting and invalid records all come up. */
export async function writeWorkload(
  path: string,
  random: Random,
  { records, accounts, callbackTimesMs, arrival, gzip = false }: WorkloadOptions,
): Promise<Workload> {
  const versionOf = new Map<number, number>();
  const lines: string[] = [];
  for (let index = 0; index < records; index += 1) {
    const account = random.int(0, accounts - 1);
    const latest = versionOf.get(account) ?? 0;
    const chance = random.int(0, 99);
    const again = chance >= 80 && latest > 0;
    // Most go forward; of the rest some repeat the latest, contradict it, or come late.
    const version = again ? Math.max(1, latest - random.int(0, 3)) : latest + random.int(1, 3);
    if (!again) versionOf.set(account, version);
    const tokens = chance === 99 ? random.int(0, 9) : version;
    lines.push(
      JSON.stringify({
        id: `account-${account}`,
        accountType: `type-${account % 5}`,
        tokens: `1844674407370955${String(tokens % 10_000).padStart(4, '0')}`,
        callbackTimeMs: callbackTimesMs[(account + version) % callbackTimesMs.length],
        data: { version, text: 'x'.repeat(version % 40) },
        ...(chance === 50 ? {} : { version }),
      }),
    );
  }
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, gzip ? gzipSync(text) : text);
  return { path, records: await readArrivals(path, arrival) };
}

async function readArrivals(path: string, flags: readonly string[]): Promise<readonly SourceRecord[]> {
  const flagValue = (flag: string) => flags[flags.indexOf(flag) + 1] ?? '';
  const delay = flags.includes('--delay') ? parseDelayRange(flagValue('--delay')) : undefined;
  const settings = runSettingsSchema.parse({ arrival: flagValue('--arrival'), ...(delay && { delay }) });
  const source = await openSource({ kind: 'file', path });
  const records: SourceRecord[] = [];
  for await (const planned of planArrivals(source.chunks(), settings)) {
    for (const { source: record } of planned) records.push(record);
  }
  return records;
}
