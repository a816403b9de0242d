import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import { OUTCOMES, type Outcome } from '../../src-shared/update';
import type { LiveMessage, LivePosition, LiveSource } from '../ingestion/live/live-source';
import type { LiveReading } from '../ingestion/to-update';

/** One `POST /api/updates`, in whatever server it came. */
export interface PostedRequest {
  readonly authorization: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: Readable;
}

export type PostedStatus = 200 | 400 | 401 | 413 | 415 | 429 | 503;

export interface PostedAnswer {
  readonly status: PostedStatus;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Updates that are posted to this program, and the connection that takes them. */
export interface Inbox {
  /** @throws IngotError `conflict` if there is one; `invalid_input` without a secret. */
  openSource(secret: string | null, reading: LiveReading): LiveSource;
  /** From now on requests are taken, for this run; null: no more. */
  setRun(runId: string | null): void;
  /** What the engine says: an event is published once it is true, so an update whose outcome is told is stored. */
  hear(events: readonly EngineEvent[]): void;
  receive(request: PostedRequest): Promise<PostedAnswer>;
}

type Counts = Record<Outcome, number>;

interface Posted {
  readonly messages: readonly LiveMessage[];
  readonly bytes: number;
  readonly counts: Counts;
  /** Records whose outcome is not known yet. */
  left: number;
  /** Told once what is no update is stored too; null: there is no such thing, or it is stored. */
  position: LivePosition | null;
  readonly done: (error?: IngotError) => void;
}

export const UPDATES_PATH = '/api/updates';

/** Of one body, decompressed. It is taken or refused as a whole, so it is held as a whole. */
const MOST_BODY_BYTES = 16 * 1024 * 1024;
/** Of all that wait. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
const MOST_WAITING = 32;
const RETRY_SECONDS = '1';

/** @param answered called for each request. */
export function createInbox(answered: (status: PostedStatus) => void = () => undefined): Inbox {
  let open: { readonly tokenHash: Buffer; readonly reading: LiveReading } | null = null;
  let runId: string | null = null;
  /** In the order in which they came: those that the run has taken, then those that wait for it. */
  const posted: Posted[] = [];
  let taken = 0;
  /** Of bodies that are being read, or wait for their commit. */
  let held = { bytes: 0, requests: 0 };
  let ring = (): void => undefined;

  const forgetAll = (error: IngotError) => {
    for (const { done } of posted.splice(0)) done(error);
    taken = 0;
  };

  async function* connect(_from: unknown, signal: AbortSignal): AsyncGenerator<readonly LiveMessage[]> {
    const stop = () => ring();
    signal.addEventListener('abort', stop);
    try {
      yield [];
      while (!signal.aborted) {
        const next = posted[taken];
        if (next) {
          taken += 1;
          yield next.messages;
        } else {
          await new Promise<void>((resolve) => {
            ring = resolve;
            if (signal.aborted) resolve();
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
      forgetAll(new IngotError('disconnected', 'The connection ended before the updates were stored.'));
    }
  }

  /** Answers those of which everything is stored. */
  const answerStored = () => {
    for (const one of posted.filter(({ left, position }) => left === 0 && position === null)) {
      posted.splice(posted.indexOf(one), 1);
      taken -= 1;
      one.done();
    }
  };

  /** @param records how many of `messages` are. */
  async function take(messages: readonly LiveMessage[], records: number, bytes: number): Promise<Counts> {
    const counts: Counts = { indexed: 0, stale: 0, duplicate: 0, conflict: 0, rejected: 0 };
    if (messages.length === 0) return counts;
    await new Promise<void>((resolve, reject) => {
      const position = messages.length > records ? JSON.stringify(randomUUID()) : null;
      const done = (error?: IngotError) => (error ? reject(error) : resolve());
      posted.push({
        messages: position === null ? messages : [...messages, { kind: 'position', position }],
        bytes,
        counts,
        left: records,
        position,
        done,
      });
      ring();
    });
    return counts;
  }

  async function receive({ authorization, contentEncoding, body }: PostedRequest): Promise<PostedAnswer> {
    const at = open;
    if (!at || runId === null) {
      return refuse(503, 'Nothing takes posted updates now: there is no connection by HTTP.');
    }
    const token = /^Bearer (.{1,4096})$/.exec(authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(hashOf(token), at.tokenHash)) {
      return refuse(401, 'The token is missing or wrong.', { 'www-authenticate': 'Bearer' });
    }
    const encoding = contentEncoding?.trim().toLowerCase() || 'identity';
    if (encoding !== 'identity' && encoding !== 'gzip') {
      return refuse(415, `A body may be compressed with gzip, not with ${JSON.stringify(encoding)}.`);
    }
    if (held.requests >= MOST_WAITING || held.bytes >= MOST_WAITING_BYTES) {
      return refuse(429, 'Too many updates wait to be stored.');
    }
    let bytes = 0;
    held = { ...held, requests: held.requests + 1 };
    const grow = (by: number) => {
      bytes += by;
      held = { ...held, bytes: held.bytes + by };
    };
    try {
      // It brings what reads all formats.
      const { createLineReader } = await import('../ingestion/live/line-reader');
      const lines = createLineReader(0, at.reading);
      const messages: LiveMessage[] = [];
      const text = encoding === 'gzip' ? unzip(body) : body;
      // What is not read any more is left: the answer goes over the same socket.
      for await (const piece of text.iterator({ destroyOnReturn: false })) {
        grow(piece.length);
        if (held.bytes > MOST_WAITING_BYTES && held.requests > 1) {
          return refuse(429, 'Too many updates wait to be stored.');
        }
        if (bytes > MOST_BODY_BYTES)
          return refuse(413, `A body has at most ${MOST_BODY_BYTES} bytes, decompressed.`);
        for (const message of lines.read(piece)) messages.push(message);
      }
      for (const message of lines.finish()) messages.push(message);
      const records = messages.flatMap((message) => (message.kind === 'record' ? [message.record] : []));
      const broken = records.findIndex(({ kind }) => kind === 'reject');
      const reject = records[broken];
      if (reject?.kind === 'reject') {
        const { reason, excerpt } = reject;
        return refuse(
          400,
          'Nothing was stored: a record is not valid.',
          {},
          { record: broken, reason, excerpt },
        );
      }
      const skipped: Record<string, number> = {};
      let deadSlots = 0;
      for (const message of messages) {
        if (message.kind === 'skipped') skipped[message.what] = (skipped[message.what] ?? 0) + 1;
        if (message.kind === 'slot') deadSlots += 1;
      }
      const counts = await take(messages, records.length, bytes);
      return {
        status: 200,
        headers: {},
        body: { records: records.length, ...counts, skipped, deadSlots },
      };
    } catch (error) {
      if (error instanceof IngotError && error.code === 'disconnected') return refuse(503, error.message);
      if (body.destroyed) return refuse(400, 'Nothing was stored: the request broke off.');
      if (isGzipFault(error)) return refuse(400, 'Nothing was stored: the body is not valid gzip.');
      throw error;
    } finally {
      held = { bytes: held.bytes - bytes, requests: held.requests - 1 };
    }
  }

  return {
    openSource(secret, reading) {
      if (secret === null) {
        throw new IngotError('invalid_input', 'A connection by HTTP needs a token.', {
          hint: 'Name the secret that programs have to present.',
        });
      }
      if (open) {
        throw new IngotError('conflict', 'There is a connection by HTTP already.', {
          hint: 'Disconnect it first.',
        });
      }
      open = { tokenHash: hashOf(secret), reading };
      return {
        name: 'HTTP',
        connect,
        async committed(position) {
          const last = posted.findIndex((one) => one.position === position);
          for (const one of posted.slice(0, last + 1)) one.position = null;
          answerStored();
        },
      };
    },
    setRun(id) {
      runId = id;
      if (id === null) open = null;
    },
    hear(events) {
      for (const event of events) {
        if (!isOutcome(event) || event.runId !== runId) continue;
        const first = posted.find(({ left }) => left > 0);
        if (!first) continue;
        first.counts[event.event] += 1;
        first.left -= 1;
        if (first.left === 0) answerStored();
      }
    },
    async receive(request) {
      const answer = await receive(request);
      answered(answer.status);
      return answer;
    },
  };
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();

function isOutcome(event: EngineEvent): event is Extract<EngineEvent, { event: Outcome }> {
  return OUTCOMES.some((outcome) => outcome === event.event);
}

function unzip(body: Readable): Readable {
  const unzipped = createGunzip();
  body.on('error', (error) => unzipped.destroy(error));
  return body.pipe(unzipped);
}

const isGzipFault = (error: unknown) =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

function refuse(
  status: Exclude<PostedAnswer['status'], 200>,
  message: string,
  headers: Record<string, string> = {},
  more: object = {},
): PostedAnswer {
  const retry = status === 429 || status === 503 ? { 'retry-after': RETRY_SECONDS } : {};
  // The rest of the body may be on its way.
  const all = { ...headers, ...retry, connection: 'close' };
  return { status, headers: all, body: { error: message, ...more } };
}
