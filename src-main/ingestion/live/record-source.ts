import { type FileHandle, open } from 'node:fs/promises';
import { slotOf, writeVersionOf } from '../../../src-shared/update';
import type { Clock } from '../../time/clock';
import { toOpenError } from '../byte-source';
import type { ChainAccount } from '../chain-account';
import type { SourceRecord } from '../record';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';

/** How much of what was written a power cut may take. */
const ON_DISK_EVERY_MS = 1_000;
const LINE_FEED = 0x0a;

/**
 * A live source that also writes what it says to a file, a line for each message with the time of its arrival, to be ingested later with
 * the same gaps. What is stored is in the file: a chunk is written before it is handed on. The file is continued if it is there; half a
 * line at its end, from a crash, is cut off.
 */
export function recordSource(source: LiveSource, path: string, clock: Clock): LiveSource {
  let file: FileHandle | null = null;
  let onDiskMs = clock.now();
  let bytes = 0;

  async function* connect(from: LivePosition | null, signal: AbortSignal) {
    const handle = await openForLines(path);
    file = handle;
    bytes = (await handle.stat()).size;
    try {
      for await (const messages of source.connect(from, signal)) {
        const arrivalMs = clock.now();
        const lines = messages.flatMap((message) => {
          const said = describe(message);
          return said === null ? [] : `{"arrivalMs":${arrivalMs},${said}}\n`;
        });
        const text = lines.join('');
        if (text !== '') await handle.appendFile(text);
        bytes += Buffer.byteLength(text);
        yield messages;
      }
      await handle.datasync();
    } finally {
      file = null;
      await handle.close();
    }
  }

  return {
    name: source.name,
    recording: () => ({ path, bytes }),
    connect,
    async committed(position) {
      // First: what is acknowledged does not come again.
      if (file && clock.now() - onDiskMs >= ON_DISK_EVERY_MS) {
        onDiskMs = clock.now();
        await file.datasync();
      }
      await source.committed(position);
    },
  };
}

async function openForLines(path: string): Promise<FileHandle> {
  const handle = await open(path, 'a+').catch((error: unknown) => {
    throw toOpenError(path, error);
  });
  const { size } = await handle.stat();
  const tail = Buffer.alloc(Math.min(size, 64 * 1024));
  let end = size;
  // Back to the last whole line, however long the half one is.
  while (end > 0) {
    const start = Math.max(0, end - tail.length);
    const { bytesRead } = await handle.read(tail, 0, end - start, start);
    const found = tail.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (found >= 0) {
      end = start + found + 1;
      break;
    }
    end = start;
  }
  if (end < size) await handle.truncate(end);
  return handle;
}

/** As members of a JSON object; null: nothing of it is recorded. */
function describe(message: LiveMessage): string | null {
  switch (message.kind) {
    case 'account':
      return `"account":${describeAccount(message.account)}`;
    case 'record':
      return describeRecord(message.record);
    case 'slot':
    case 'gap': {
      const { kind, ...rest } = message;
      return `"${kind}":${JSON.stringify(rest)}`;
    }
    case 'skipped':
      return `"skipped":${JSON.stringify(message.what)}`;
    case 'covers':
    case 'position':
      return null;
  }
}

/** As Solana's RPC writes it, with what it has no place for beside it. */
function describeAccount({ id, slot, writeVersion, state, signature }: ChainAccount): string {
  const known = Object.entries({ pubkey: id, slot, writeVersion, signature }).flatMap(([name, value]) =>
    value === null ? [] : `"${name}":${JSON.stringify(value)}`,
  );
  if (state === null) return `{${[...known, '"lamports":0'].join(',')}}`;
  const { lamports, owner, executable, rentEpoch, data } = state;
  const space = data.space === null ? '' : `,"space":${data.space}`;
  const content =
    data.kind === 'bytes'
      ? `["${Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length).toString('base64')}","base64"]`
      : `{"program":${JSON.stringify(data.program)},"parsed":${data.parsed}${space}}`;
  const rent = rentEpoch === null ? '' : `,"rentEpoch":${rentEpoch}`;
  return `{${known.join(',')},"lamports":${lamports},"owner":"${owner}","executable":${executable}${rent}${space},"data":${content}}`;
}

function describeRecord(record: SourceRecord): string {
  if (record.kind === 'reject') {
    const { field, reason, excerpt } = record;
    return `"rejected":${JSON.stringify({ field, reason, excerpt })}`;
  }
  const { id, accountType, tokens, data, callbackTimeMs } = record.update;
  const version = record.kind === 'update' ? record.update.version : null;
  const slot = record.kind === 'unnumbered' ? record.update.slot : version && slotOf(version);
  const numbers = [slot && `"slot":"${slot}"`, version && `"version":"${writeVersionOf(version)}"`];
  const known = [
    `"id":${JSON.stringify(id)}`,
    `"accountType":${JSON.stringify(accountType)}`,
    `"tokens":"${tokens}"`,
    ...numbers.filter((number) => number !== null),
    `"callbackTimeMs":${callbackTimeMs}`,
    `"data":${data.replaceAll(/\s*[\r\n]+\s*/g, ' ')}`,
  ];
  return `"update":{${known.join(',')}}`;
}
