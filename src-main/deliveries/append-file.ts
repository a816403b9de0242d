import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { EventMessage } from './event';
import type { Sender } from './send';

/** How every event of ours begins. */
const EVENT_START = Buffer.from('{"id":');
/** An event is not longer, with its account's data. */
const LONGEST_LINE_BYTES = 2 * 1024 * 1024;
const LINE_FEED = 10;

/** Appends one line for each event. It is delivered when it is on the disk. */
export function createFileTarget(path: string): Sender {
  let file: FileHandle | null = null;
  const append = async ({ body }: EventMessage) => {
    file ??= await openWhole(path);
    await file.appendFile(`${body}\n`);
    await file.sync();
  };
  return {
    async send(message) {
      try {
        await append(message);
        return { delivered: true, answer: 'written', error: null };
      } catch (error) {
        // What it wrote of the line is removed when it is opened again.
        await file?.close().catch(() => {});
        file = null;
        const { code } = error as NodeJS.ErrnoException;
        return {
          delivered: false,
          answer: null,
          error: `${basename(path)} could not be written (${code ?? 'unknown reason'}).`,
        };
      }
    },
    close() {
      void file?.close().catch(() => {});
    },
  };
}

/** A crash may have left the beginning of an event as the last line: it is removed. Any other last line is ended. */
async function openWhole(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - LONGEST_LINE_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const tail = buffer.subarray(0, bytesRead);
    const last = tail.subarray(tail.lastIndexOf(LINE_FEED) + 1);
    if (last.length === 0) return file;
    const compared = Math.min(last.length, EVENT_START.length);
    const isOurs = last.subarray(0, compared).equals(EVENT_START.subarray(0, compared)) && !isJson(last);
    if (isOurs) await file.truncate(size - last.length);
    else await file.appendFile('\n');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function isJson(text: Buffer): boolean {
  try {
    JSON.parse(text.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
