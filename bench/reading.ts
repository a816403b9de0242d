import { readFile, stat } from 'node:fs/promises';
import { openSource } from '../src-main/ingestion/open-source';
import { type Bench, median, rounded, timed, withProcessorTime, withSpread } from './lib/bench';
import { generatedFile } from './lib/generated-file';

/** Streaming to validated updates, against unchecked JSON.parse of the whole file. */
export const bench: Bench = {
  title: 'megabytes a second read, decoded and validated as a stream, against JSON.parse of the whole file',
  async run({ short, repeat, directory, say }) {
    const path = await generatedFile(directory, short ? 2_000 : 500_000, short ? 200 : 50_000);
    const megabytes = (await stat(path)).size / 1e6;
    const ours: number[] = [];
    const theirs: number[] = [];
    const ourWork: number[] = [];
    const theirWork: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const streamed = await timedWork(() => readStreaming(path));
      const parsed = await timedWork(
        async () => (JSON.parse(await readFile(path, 'utf8')) as unknown[]).length,
      );
      if (streamed.result !== parsed.result) throw new Error('the two did not read the same records');
      ours.push((megabytes * 1000) / streamed.ms);
      theirs.push((megabytes * 1000) / parsed.ms);
      ourWork.push(streamed.workMs);
      theirWork.push(parsed.workMs);
    }
    const ratio = median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)));
    say(`streamed    ${withSpread(ours, 'MB/s')} of ${megabytes.toFixed(0)} MB`);
    say(`JSON.parse  ${withSpread(theirs, 'MB/s')}`);
    say(`ratio       ${ratio.toFixed(2)}`);
    say(
      `processor time, threads that collect garbage included: ${withSpread(ourWork, 'ms')} against ${withSpread(theirWork, 'ms')}`,
    );
    return {
      rate: rounded(median(ours), 1),
      reference: 'JSON.parse',
      referenceRate: rounded(median(theirs), 1),
      ratio: rounded(ratio, 3),
    };
  },
};

/** With the processor time of all threads, because wall time on a busy machine says more about others. */
async function timedWork<T>(work: () => Promise<T>) {
  const { ms, result: taken } = await timed(() => withProcessorTime(work));
  return { ms, result: taken.result, workMs: taken.processorMs };
}

async function readStreaming(path: string): Promise<number> {
  const source = await openSource({ kind: 'file', path });
  let records = 0;
  for await (const chunk of source.chunks()) records += chunk.length;
  return records;
}
