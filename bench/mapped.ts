import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeBase58 } from '../src-main/ingestion/base58';
import { openSource } from '../src-main/ingestion/open-source';
import { type Bench, median, rounded, withProcessorTime, withSpread } from './lib/bench';
import { ingestFile, openDirectory } from './lib/durable-ingest';

const RECORDS = 40_000;

/**
 * The same accounts as an answer of getProgramAccounts and as updates of Ingot's own shape, in processor time of all threads:
 *
 * - `ratio`: of a durable ingest. That of the answer reads it by its mapping, gives versions, decodes each account and stores its fields.
 * - `readingRatio`: of reading alone.
 */
export const bench: Bench = {
  title: "an answer of getProgramAccounts, against the same in Ingot's own shape: processor time",
  async run({ short, repeat, directory, say, records: asked }) {
    const records = short ? 500 : (asked ?? RECORDS);
    const answer = join(directory, 'answer.json');
    await pipeline(Readable.from(writeAnswer(records)), createWriteStream(answer));
    const own = join(directory, 'own.json');
    await pipeline(Readable.from(writeOwn(records)), createWriteStream(own));
    const sides = { answer, own };
    const reading: Record<keyof typeof sides, number[]> = { answer: [], own: [] };
    const ingest: Record<keyof typeof sides, number[]> = { answer: [], own: [] };
    for (let round = 0; round < repeat; round += 1) {
      for (const side of ['answer', 'own'] as const) {
        const read = await withProcessorTime(() => countRecords(sides[side]));
        if (read.result !== records) throw new Error(`${read.result} records were read`);
        reading[side].push((read.processorMs * 1000) / records);
        const database = await openDirectory(join(directory, `${side}-${round}`));
        const stored = await withProcessorTime(() => ingestFile(database, sides[side]));
        await database.close();
        ingest[side].push((stored.processorMs * 1000) / records);
      }
    }
    say(`reading  ${withSpread(reading.answer, 'us a record')}; own shape ${withSpread(reading.own, 'us')}`);
    say(`ingest   ${withSpread(ingest.answer, 'us a record')}; own shape ${withSpread(ingest.own, 'us')}`);
    const ratioOf = (measured: typeof reading) =>
      median(measured.answer.map((us, round) => us / (measured.own[round] ?? Number.NaN)));
    return {
      perRecordUs: rounded(median(ingest.answer)),
      reference: "Ingot's own shape",
      referenceUs: rounded(median(ingest.own)),
      ratio: rounded(ratioOf(ingest), 2),
      readingUs: rounded(median(reading.answer), 1),
      readingRatio: rounded(ratioOf(reading), 2),
    };
  },
};

const SLOT = 371250412;
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

function* writeAnswer(records: number): Generator<string> {
  yield `{"jsonrpc":"2.0","result":{"context":{"slot":${SLOT}},"value":[`;
  for (let at = 0; at < records; at += 1) {
    yield `${at === 0 ? '' : ','}{"pubkey":"${keyOf('account', at)}","account":${accountOf(at)}}`;
  }
  yield ']},"id":1}\n';
}

/** What the answer becomes. */
function* writeOwn(records: number): Generator<string> {
  for (let at = 0; at < records; at += 1) {
    yield `{"id":"${keyOf('account', at)}","accountType":"${TOKEN_PROGRAM}","tokens":"2039280","slot":"${SLOT}","version":"0",` +
      `"callbackTimeMs":60000,"data":${accountOf(at)}}\n`;
  }
}

/** A token account of one of 50 mints, as Solana's RPC writes it. */
function accountOf(at: number): string {
  const bytes = Buffer.alloc(165);
  hashOf('mint', at % 50).copy(bytes);
  hashOf('owner', at).copy(bytes, 32);
  bytes.writeBigUInt64LE(BigInt(at) * 1_000_003n, 64);
  bytes[108] = 1;
  const data = `["${bytes.toString('base64')}","base64"]`;
  return `{"lamports":2039280,"owner":"${TOKEN_PROGRAM}","executable":false,"rentEpoch":18446744073709551615,"space":165,"data":${data}}`;
}

const hashOf = (what: string, at: number) => createHash('sha256').update(`${what} ${at}`).digest();
const keyOf = (what: string, at: number) => encodeBase58(hashOf(what, at));

async function countRecords(path: string): Promise<number> {
  const source = await openSource({ kind: 'file', path });
  let records = 0;
  for await (const chunk of source.chunks()) records += chunk.length;
  return records;
}
