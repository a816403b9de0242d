import { IngotError } from '../../../src-shared/errors';

/** Bytes of account data that may wait to be stored. A server that sends without being asked cannot be slowed down. */
export const MOST_BUFFERED_BYTES = 64 * 1024 * 1024;
/** What a message takes beside its data. */
const BYTES_OF_MESSAGE = 512;

/** What a server has sent, until it is taken. */
export interface MessageQueue<Entry> {
  /** Fails the queue if too much waits. */
  push(entry: Entry, bytes: number): void;
  /** What waits and fits. The rest still waits. */
  take(fits: (entry: Entry) => boolean): readonly Entry[];
  /** Everything that waits, again and again, until the end. @throws what the queue failed with, after what came before. */
  chunks(): AsyncGenerator<readonly Entry[]>;
  fail(error: unknown): void;
  end(): void;
  /** Rejects when it fails or ends. */
  readonly over: Promise<never>;
}

export function createMessageQueue<Entry>(mostBytes = MOST_BUFFERED_BYTES): MessageQueue<Entry> {
  let waiting: { readonly entry: Entry; readonly bytes: number }[] = [];
  let bytesWaiting = 0;
  let fault: { readonly cause: unknown } | null = null;
  let hasEnded = false;
  let wake = () => {};
  let reject: (error: unknown) => void = () => {};
  const over = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  over.catch(() => {});
  const fail = (error: unknown) => {
    fault ??= { cause: error };
    reject(error);
    wake();
  };
  const take = (fits: (entry: Entry) => boolean): readonly Entry[] => {
    const taken: Entry[] = [];
    const left: typeof waiting = [];
    for (const one of waiting) {
      if (fits(one.entry)) {
        taken.push(one.entry);
        bytesWaiting -= one.bytes;
      } else left.push(one);
    }
    waiting = left;
    return taken;
  };
  return {
    over,
    fail,
    push(entry, bytes) {
      if (fault || hasEnded) return;
      const all = bytes + BYTES_OF_MESSAGE;
      bytesWaiting += all;
      if (bytesWaiting > mostBytes) {
        fail(new IngotError('source_broken', 'Updates came faster than they could be stored.'));
        return;
      }
      waiting.push({ entry, bytes: all });
      wake();
    },
    take,
    async *chunks() {
      for (;;) {
        if (waiting.length > 0) {
          yield take(() => true);
        } else if (fault) throw fault.cause;
        else if (hasEnded) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
    end() {
      hasEnded = true;
      reject(new IngotError('disconnected', 'It was ended.'));
      wake();
    },
  };
}
