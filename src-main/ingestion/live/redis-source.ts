import { z } from 'zod';
import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { LiveReading } from '../to-update';
import { createTextReader } from './line-reader';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';

export interface RedisSourceOptions {
  readonly connection: Extract<Connection, { kind: 'redis' }>;
  /** The password; null: none is asked for. */
  readonly secret: string | null;
  readonly reading: LiveReading;
}

const positionSchema = z.object({
  /** Of the last entry that is stored. */
  id: z.string(),
  /** How many entries were added to the stream up to it, lost ones included; null: unknown. */
  count: z.int().nullable(),
});
type Position = z.infer<typeof positionSchema>;

const BEGINNING: Position = { id: '0-0', count: 0 };
const CONSUMER = 'ingot';
/** Entries have no limit of their own, so it begins with few, and asks for more as they turn out to be small. */
const MOST_ENTRIES = 128;
const READ_BYTES = 4 * 1024 * 1024;
/** A server that is alive answers within this time, even if nothing happens. */
const WAIT_MS = 5_000;
const SILENT_MS = 15_000;
/** What connecting again does not change. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|WRONGTYPE|ERR unknown command|ERR invalid DB)/;

/**
 * The entries of a stream, read by a consumer group of its own. An entry is acknowledged once it is stored; one that was delivered
 * and not stored is claimed again. An entry holds one update: as JSON in its only field, or as its fields.
 *
 * The stream counts the entries that were added to it. So what is trimmed or deleted before it was read is known by its number.
 */
export function createRedisSource({ connection, secret, reading }: RedisSourceOptions): LiveSource {
  const { stream, group } = connection;
  const { host } = new URL(connection.address);
  const name = `redis://${host}/${stream}`;
  let delivered: { readonly id: string; readonly acknowledge: (ids: string[]) => Promise<unknown> }[] = [];

  async function* connect(
    from: LivePosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    const { createClient, RESP_TYPES } = await import('@redis/client');
    const client = createClient({
      url: connection.address,
      ...(secret !== null && { password: secret }),
      socket: { reconnectStrategy: false, socketTimeout: SILENT_MS },
      disableOfflineQueue: true,
    });
    // Each command fails as well, and says why.
    client.on('error', () => undefined);
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const end = () => {
      leave();
      if (client.isOpen) client.destroy();
    };
    signal.addEventListener('abort', end, { once: true });
    const connecting = client.connect();
    try {
      // It cannot be called off while it connects.
      await Promise.race([connecting, left]);
      if (signal.aborted) return;
      const inBytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      delivered = [];
      const acknowledge = (ids: string[]) => client.xAck(stream, group, ids);
      const readText = createTextReader(reading);
      const position = (): LiveMessage => ({ kind: 'position', position: JSON.stringify(at) });

      let at = from === null ? BEGINNING : positionSchema.parse(JSON.parse(from));
      const isNew = await createGroup(at.id);
      const state = readState(await client.xInfoStream(stream));
      const lost = from === null ? null : whatIsLost(at, state, isNew);
      if (from === null) at = { id: at.id, count: state.added - state.length };
      if (lost) {
        at = lost.at;
        yield [gap(lost.reason), position()];
      }
      // What is on record here decides, also after a backup was restored: everything behind it is delivered again.
      await client.xGroupSetId(stream, group, at.id);
      for (let cursor = '0-0', isOver = false; !isOver; isOver = cursor === '0-0') {
        const claimed = await client.xAutoClaimJustId(stream, group, CONSUMER, 0, cursor, { COUNT: 1000 });
        cursor = claimed.nextId;
        const stored = claimed.messages.filter((id) => compareIds(id, at.id) <= 0);
        if (stored.length > 0) await acknowledge(stored);
      }
      // From here on it is known what is lost.
      yield from === null ? [position()] : [];

      let most = 1;
      while (!signal.aborted) {
        const [info, read] = await Promise.all([
          client.xInfoStream(stream),
          inBytes.xReadGroup(group, CONSUMER, { key: stream, id: '>' }, { COUNT: most }),
        ]);
        const [found] = (read ?? []) as readonly { readonly messages: readonly Entry[] }[];
        const entries = (found?.messages ?? []).map(({ id, message }) => ({ id: String(id), message }));
        const before = at;
        const { count, lost: lostNow } = countEntries(
          before,
          readState(info),
          entries,
          entries.length < most,
        );
        at = { id: entries.at(-1)?.id ?? before.id, count };
        const messages = entries.flatMap(({ message }) => {
          const said = readText(textOf(message));
          return said.length > 0 ? said : [{ kind: 'skipped', what: 'empty entry' } as const];
        });
        for (const { id } of entries) delivered.push({ id, acknowledge });
        if (lostNow > 0) {
          messages.unshift(
            gap(
              `${lostNow} entries of ${stream} after its entry ${before.id} were deleted before they were read.`,
            ),
          );
        }
        const bytes = entries.reduce((sum, { message }) => sum + sizeOf(message), 0);
        const fitting = bytes === 0 ? MOST_ENTRIES : Math.floor((READ_BYTES * entries.length) / bytes);
        const isAtEnd = entries.length < most;
        most = Math.max(1, Math.min(MOST_ENTRIES, 2 * most, fitting));
        if (messages.length > 0 || count !== before.count) yield [...messages, position()];
        if (isAtEnd) await client.xRead({ key: stream, id: at.id }, { BLOCK: WAIT_MS, COUNT: 1 });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof IngotError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const code = REFUSALS.test(message) ? 'source_unreadable' : 'source_broken';
      throw new IngotError(code, `${name} could not be read (${message}).`, {}, error);
    } finally {
      signal.removeEventListener('abort', end);
      end();
      connecting.then(end, () => undefined);
    }

    /** @returns Whether there was none. */
    async function createGroup(id: string): Promise<boolean> {
      try {
        await client.xGroupCreate(stream, group, id, { MKSTREAM: true });
        return true;
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('BUSYGROUP')) return false;
        throw error;
      }
    }
  }

  /** Where to continue if the stream does not continue where it was left, and why; null: it does. */
  function whatIsLost(at: Position, { added, lastId }: State, isNew: boolean) {
    if (compareIds(lastId, at.id) < 0) {
      // A server that lost its last writes: everything that it still has is stored.
      const reason = `${stream} ends before its entry ${at.id}, which was read: what was added and lost after that is not known.`;
      return { at: { id: lastId, count: added }, reason };
    }
    if (at.count !== null && added < at.count) {
      const reason = `${stream} was deleted and created again: what was added to the old one after its entry ${at.id} is lost.`;
      return { at: BEGINNING, reason };
    }
    if (!isNew) return null;
    const reason = `The group ${group} of ${stream} was gone: what was deleted after the entry ${at.id} is not known.`;
    return { at: { id: at.id, count: null }, reason };
  }

  return {
    name,
    connect,
    async committed(position) {
      const { id } = positionSchema.parse(JSON.parse(position));
      const done = delivered.filter((entry) => compareIds(entry.id, id) <= 0);
      delivered = delivered.slice(done.length);
      // What is not acknowledged now is claimed, and acknowledged, at the next connect.
      await done[0]?.acknowledge(done.map((entry) => entry.id)).catch(() => undefined);
    },
  };
}

interface Entry {
  readonly id: Buffer;
  readonly message: Fields;
}
type Fields = Readonly<Record<string, Buffer>>;
type State = ReturnType<typeof readState>;

const gap = (reason: string): LiveMessage => ({ kind: 'gap', fromSlot: null, toSlot: null, reason });

/**
 * Counts entries that were read after `state` was.
 * @param isAtEnd There were no more.
 * @returns How many entries were added up to the last of these, and how many of them were lost.
 */
function countEntries(
  before: Position,
  { added, length, lastId }: State,
  entries: readonly { readonly id: string }[],
  isAtEnd: boolean,
) {
  const since = entries.filter(({ id }) => compareIds(id, lastId) > 0).length;
  if (before.count === null) return { count: isAtEnd ? added + since : null, lost: 0 };
  const count = before.count + entries.length;
  // All that `state` knows are read or lost.
  if (isAtEnd || since > 0) return { count: added + since, lost: Math.max(0, added + since - count) };
  // At most as many were removed after they were read as were read.
  const lost = Math.max(0, added - length - before.count);
  return { count: count + lost, lost };
}

function readState(info: Readonly<Record<string, unknown>>) {
  const added = info['entries-added'];
  if (typeof added !== 'number') {
    throw new IngotError('source_unreadable', 'This Redis does not count the entries of a stream.', {
      hint: 'Use Redis 7 or newer: without the count, entries that are trimmed could not be noticed.',
    });
  }
  return { added, length: Number(info.length), lastId: String(info['last-generated-id']) };
}

/** An id is two integers of 64 bits: milliseconds, and a counter. */
function compareIds(a: string, b: string): number {
  const [aMs = '0', aCount = '0'] = a.split('-');
  const [bMs = '0', bCount = '0'] = b.split('-');
  return Number(BigInt(aMs) - BigInt(bMs)) || Number(BigInt(aCount) - BigInt(bCount));
}

function textOf(message: Fields): Uint8Array {
  const fields = Object.entries(message);
  const [first] = fields;
  if (first && fields.length === 1) return first[1];
  const members = fields.map(([field, value]) => {
    const text = value.toString();
    return `${JSON.stringify(field)}:${field === 'data' && isJson(text) ? text : JSON.stringify(text)}`;
  });
  return Buffer.from(`{${members.join(',')}}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const sizeOf = (message: Fields) => Object.values(message).reduce((sum, value) => sum + value.length, 0);
