import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';
import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { U64Text } from '../../../src-shared/update';
import { u64TextSchema } from '../../../src-shared/views';
import type { Clock } from '../../time/clock';
import type { LiveMessage, LivePosition, LiveSource, SlotStatus } from '../live/live-source';
import type { SubscribeRequest } from './geyser';

export interface YellowstoneSourceOptions {
  readonly connection: Extract<Connection, { kind: 'yellowstone' }>;
  /** The value of `x-token`; null: none is asked for. */
  readonly secret: string | null;
  readonly clock: Clock;
}

const positionSchema = z.object({ /** All updates of this slot have come. */ slot: u64TextSchema });

/** In the order of the protocol's numbers. */
const COMMITMENTS = ['processed', 'confirmed', 'finalized'] as const;
/**
 * The usual limit of 4 MiB is less than the data of one account may have, which is 10 MiB. The library holds up to 16 messages that
 * were not asked for.
 */
const MOST_BYTES = 16 * 1024 * 1024;
/** Slots do not end in the order of their numbers, so the last ones are asked for again. */
const OVERLAP = 32n;
/** A server pings every few seconds. */
const SILENT_MS = 60_000;
const KEEP_ALIVE_MS = 15_000;
const MESSAGES_IN_A_CHUNK = 1_000;
/** How often a server may say that it has forgotten the slot that it named as its oldest. */
const MOST_TRIES = 5;

/**
 * The Geyser stream of a validator. After a loss it goes on at a slot that the server still has; what the server has forgotten is a
 * gap. A slot is complete when the server says that it has come to the chosen commitment: its updates are sent before that.
 */
export function createYellowstoneSource({ connection, secret, clock }: YellowstoneSourceOptions): LiveSource {
  const { hostname, port, protocol, host } = new URL(connection.address);
  const commitment = COMMITMENTS.indexOf(connection.commitment);
  const { accounts, owners } = connection;
  const filters: NonNullable<SubscribeRequest['accounts']> =
    accounts.length + owners.length === 0
      ? { everything: {} }
      : {
          ...(accounts.length > 0 && { accounts: { account: accounts } }),
          ...(owners.length > 0 && { owners: { owner: owners } }),
        };

  async function* connect(
    from: LivePosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    const [{ Client, credentials, Metadata, status }, { decodeUpdate, encodeRequest }] = await Promise.all([
      import('@grpc/grpc-js'),
      import('./geyser'),
    ]);
    const isPlain = protocol === 'http:';
    const client = new Client(
      `${hostname}:${port || (isPlain ? 80 : 443)}`,
      isPlain ? credentials.createInsecure() : credentials.createSsl(),
      {
        'grpc.max_receive_message_length': MOST_BYTES,
        'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
        'grpc.keepalive_timeout_ms': KEEP_ALIVE_MS,
        // Connecting again, after a pause that grows, is not its task.
        'grpc.enable_retries': 0,
      },
    );
    const metadata = new Metadata();
    if (secret !== null) metadata.set('x-token', secret);
    const complete = from === null ? null : positionSchema.parse(JSON.parse(from)).slot;
    /** Null: from now on. */
    let start = complete === null ? null : latest(BigInt(complete) + 1n - OVERLAP, 0n);
    try {
      for (let tries = 1; ; tries++) {
        const call = client.makeBidiStreamRequest<SubscribeRequest, LiveMessage>(
          '/geyser.Geyser/Subscribe',
          encodeRequest,
          decodeUpdate,
          metadata,
        );
        const stream = openStream(call, clock, signal);
        call.write({
          accounts: filters,
          // Else dead slots are not sent.
          slots: { slots: { interslotUpdates: true } },
          commitment,
          ...(start !== null && { fromSlot: String(start) }),
        });
        try {
          yield* readStream(stream, call, complete, start);
          throw new IngotError('source_broken', `${host} ended the stream.`);
        } catch (error) {
          if (signal.aborted) return;
          const forgotten = start !== null && findOldest(error);
          if (!forgotten) throw toLoss(error);
          if (tries === MOST_TRIES) throw toLoss(error);
          start = forgotten.oldest;
        } finally {
          stream.close();
        }
      }
    } finally {
      client.close();
    }

    function toLoss(error: unknown): unknown {
      if (error instanceof IngotError || !(error instanceof Error) || !('code' in error)) return error;
      const { code, details } = error as ServiceError;
      const refused = [
        status.UNAUTHENTICATED,
        status.PERMISSION_DENIED,
        status.UNIMPLEMENTED,
        status.INVALID_ARGUMENT,
      ].includes(code);
      const name = `${status[code]}: ${details}`;
      const isTooLong = /larger than max/.test(details);
      const isLag = code === status.RESOURCE_EXHAUSTED || /lagged/i.test(details);
      const what = refused
        ? `${host} refused the subscription (${name}).`
        : isTooLong
          ? `${host} sent a message of more than ${MOST_BYTES} bytes.`
          : isLag
            ? `${host} ended the stream because it was read too slowly (${name}).`
            : `The connection to ${host} was lost: ${whyLost(details)}.`;
      return new IngotError(refused ? 'source_unreadable' : 'source_broken', what, {}, error);
    }
  }

  /** @param start the slot that was asked for; null: from now on. */
  async function* readStream(
    stream: ReturnType<typeof openStream>,
    call: ClientDuplexStream<SubscribeRequest, LiveMessage>,
    complete: U64Text | null,
    start: bigint | null,
  ): AsyncGenerator<readonly LiveMessage[]> {
    let highest = complete === null ? null : BigInt(complete);
    let covers = start === null ? null : latest(start, (highest ?? -1n) + 1n);
    let isFirst = true;
    for (;;) {
      const messages: LiveMessage[] = [];
      for (const message of await stream.next()) {
        // Its filters stay as they are.
        if (message.kind === 'skipped' && message.what === 'ping') call.write({ ping: { id: 1 } });
        const slot = slotOf(message);
        // The slot in which it begins may have begun before.
        if (covers === null && slot !== null) covers = BigInt(slot) + 1n;
        if (isFirst && covers !== null) {
          isFirst = false;
          if (highest !== null && covers > highest + 1n) {
            messages.push({
              kind: 'gap',
              fromSlot: String(highest + 1n),
              toSlot: String(covers - 1n),
              reason:
                start === null
                  ? `${host} does not send again what was missed.`
                  : `${host} has forgotten the slots before ${start}.`,
            });
            highest = covers - 1n;
          }
          messages.push({ kind: 'covers', fromSlot: String(covers) });
        }
        if (message.kind !== 'slot') messages.push(message);
        // The updates of a slot come with its commitment, so what it was before says nothing of them.
        else if (isReached(message.status)) {
          messages.push(message);
          if (message.status !== 'dead') highest = latest(BigInt(message.slot), highest ?? 0n);
        }
      }
      const isKnown = highest !== null && covers !== null && highest >= covers - 1n;
      if (isKnown) messages.push({ kind: 'position', position: JSON.stringify({ slot: String(highest) }) });
      yield messages;
    }
  }

  const isReached = (reached: SlotStatus): boolean =>
    reached === 'dead' || COMMITMENTS.indexOf(reached) >= commitment;

  return { name: `${protocol}//${host}`, connect, committed: async () => undefined };
}

/** In plain words, where the library gives its own and those of the system; otherwise what the server says. */
function whyLost(details: string): string {
  const known = Object.entries(SYSTEM_FAULTS).find(([code]) => details.includes(code));
  if (known) return known[1];
  const said = details
    .replace(/\s*Resolution note:.*$/s, '')
    .replace(/^No connection established\.?\s*(?:Last error:\s*)?/, '')
    .replace(/^(?:Error:\s*)+/, '')
    .replace(/[\s.:]+$/, '');
  return said === '' || said === 'null' ? 'it does not answer' : said;
}

const SYSTEM_FAULTS = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke off',
  'Connection dropped': 'the connection broke off',
  'Received RST_STREAM': 'the server broke it off',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name could not be looked up',
  'Name resolution failed': 'the name could not be looked up',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  'wrong version number': 'it does not speak TLS: write http:// in its address if that is meant',
  'packet length too long': 'it does not speak TLS: write http:// in its address if that is meant',
} as const;

const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function slotOf(message: LiveMessage): U64Text | null {
  if (message.kind === 'slot') return message.slot;
  return message.kind === 'account' ? message.account.slot : null;
}

/**
 * The oldest slot that a server still has, if it says that it has forgotten the one that was asked for; null in it: it keeps none.
 * Servers do not agree on the code, but say it in these words.
 */
function findOldest(error: unknown): { readonly oldest: bigint | null } | null {
  const details = error instanceof Error && 'details' in error ? String(error.details) : '';
  const found = /(?:last available|first available slot): (\d+)/.exec(details)?.[1];
  if (found !== undefined) return { oldest: BigInt(found) };
  return details === 'from_slot is not supported' ? { oldest: null } : null;
}

/** Messages as they come: no more are taken from the network than are asked for. */
function openStream(
  call: ClientDuplexStream<SubscribeRequest, LiveMessage>,
  clock: Clock,
  signal: AbortSignal,
) {
  let failure: unknown;
  let isOver = false;
  let ring: () => void = () => undefined;
  const end = (error?: unknown) => {
    failure ??= error;
    isOver = true;
    ring();
  };
  const read = (): LiveMessage | null => call.read();
  call.on('readable', () => ring());
  call.on('error', end);
  call.on('end', () => end());
  const stop = () => {
    end();
    call.cancel();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return {
    /** @throws what ended the stream. */
    async next(): Promise<LiveMessage[]> {
      for (;;) {
        const messages: LiveMessage[] = [];
        for (let message = read(); message !== null; message = read()) {
          messages.push(message);
          if (messages.length === MESSAGES_IN_A_CHUNK) break;
        }
        if (messages.length > 0) return messages;
        if (isOver) throw failure ?? new IngotError('source_broken', 'The server ended the stream.');
        const rung = new AbortController();
        ring = () => rung.abort();
        await clock.waitUntil(clock.now() + SILENT_MS, rung.signal);
        if (!rung.signal.aborted) {
          throw new IngotError(
            'source_broken',
            `The server has been silent for ${SILENT_MS / 1000} seconds.`,
          );
        }
      }
    },
    close() {
      signal.removeEventListener('abort', stop);
      call.cancel();
    },
  };
}
