import { IngotError } from '../../../src-shared/errors';
import type { ChainAccount } from '../../ingestion/chain-account';
import type { LiveMessage, LivePosition, LiveSource } from '../../ingestion/live/live-source';
import type { SourceRecord } from '../../ingestion/record';
import { type Clock, createSystemClock } from '../../time/clock';
import type { ToRecord } from '../live-records';

/** The account of one slot: its state is the slot. */
export const accountAt = (slot: number): ChainAccount => ({
  id: `account-${slot % 7}`,
  slot: String(slot),
  writeVersion: '1',
  state: {
    lamports: String(slot),
    owner: 'owner',
    executable: false,
    rentEpoch: null,
    data: { kind: 'bytes', bytes: new Uint8Array(), space: 0 },
  },
  signature: null,
});

export const toRecord: ToRecord = ({ id, slot, writeVersion, state }, record): SourceRecord => ({
  record,
  kind: 'update',
  update: {
    id,
    accountType: 'account',
    tokens: state?.lamports ?? '0',
    version: `${slot}:${writeVersion}`,
    data: '{}',
    callbackTimeMs: 3_600_000,
  },
});

export interface LiveServer {
  readonly source: LiveSource;
  /** The next slots happen, one account each. */
  produce(slots: number): void;
  /** Ends all connections. */
  breakOff(): void;
  /** The source ends by itself once it has sent everything. */
  end(): void;
  say(message: LiveMessage): void;
  readonly committed: readonly LivePosition[];
  readonly connects: () => number;
}

/**
 * A server of one account update a slot, from slot 1 on.
 * @param remembers How many slots back a client can continue; what is older is forgotten.
 */
export function startLiveServer({
  name = 'test',
  remembers = Number.POSITIVE_INFINITY,
}: {
  name?: string;
  remembers?: number;
} = {}): LiveServer {
  let head = 0;
  let connects = 0;
  let ends = false;
  let breaks = 0;
  const said: LiveMessage[] = [];
  let wake = () => {};
  const committed: LivePosition[] = [];
  async function* connect(from: LivePosition | null, signal: AbortSignal): AsyncGenerator<LiveMessage[]> {
    connects += 1;
    const mine = breaks;
    signal.addEventListener('abort', () => wake(), { once: true });
    // It can continue only at what it remembers.
    let next = Math.max(from === null ? head + 1 : Number(from) + 1, head - remembers + 1);
    yield [
      { kind: 'covers', fromSlot: String(next) },
      { kind: 'position', position: String(next - 1) },
    ];
    while (!signal.aborted) {
      if (breaks !== mine) throw new IngotError('source_broken', 'The server hung up.');
      if (said.length > 0) yield said.splice(0);
      else if (next <= head) {
        const until = Math.min(head, next + 2);
        const messages: LiveMessage[] = [];
        for (; next <= until; next += 1) messages.push({ kind: 'account', account: accountAt(next) });
        messages.push({ kind: 'position', position: String(until) });
        messages.push({ kind: 'slot', slot: String(until), status: 'confirmed' });
        yield messages;
      } else if (ends) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return {
    source: {
      name,
      connect,
      async committed(position) {
        committed.push(position);
      },
    },
    produce(slots) {
      head += slots;
      wake();
    },
    breakOff() {
      breaks += 1;
      wake();
    },
    end() {
      ends = true;
      wake();
    },
    say(message) {
      said.push(message);
      wake();
    },
    committed,
    connects: () => connects,
  };
}

/** The system's clock, whose alarms go off two thousand times as fast. */
export function createHurriedClock(): Clock {
  const clock = createSystemClock();
  return {
    ...clock,
    setAlarm: (at, wake) => {
      const nowMs = clock.now();
      return clock.setAlarm(nowMs + Math.max(0, at - nowMs) / 2_000, wake);
    },
  };
}
