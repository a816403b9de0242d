import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { Alarm, Clock } from '../../time/clock';
import type { ChainAccount } from '../chain-account';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';
import { createMessageQueue, type MessageQueue } from './message-queue';
import { BrokenAnswer, RefusedAnswer, readSnapshot as readAnswer } from './rpc-snapshot';

export type RpcConnection = Extract<Connection, { kind: 'rpc' }>;

/** A server sends a slot some twice a second: after so long without any message it is gone, whatever its socket says. */
export const LONGEST_SILENCE_MS = 30_000;
/** How often a snapshot is asked for that is not of a recent enough slot yet, and the pause in between. */
const SNAPSHOT_TRIES = 60;
const SNAPSHOT_AGAIN_MS = 500;
/** A server may look for the accounts of a program for a minute and more before it answers. */
export const LONGEST_ANSWER_MS = 180_000;
/** Closed accounts in one chunk. */
const CHUNK_ACCOUNTS = 500;
/** Of `getMultipleAccounts`. */
const MOST_ACCOUNTS_AT_ONCE = 100;
/** So many accounts of a program are remembered, to know which ones a later snapshot lacks. */
const MOST_REMEMBERED = 1_000_000;

type Kit = typeof import('@solana/kit');

/** An account as RPC writes it, in base64. */
interface RpcAccount {
  readonly lamports: bigint;
  readonly owner: string;
  readonly executable: boolean;
  readonly rentEpoch?: bigint;
  readonly space?: bigint;
  readonly data: readonly [string, 'base64'];
}

/** One subscription, and the snapshot that belongs to it. */
interface Watched {
  readonly method: 'getProgramAccounts' | 'getMultipleAccounts';
  readonly keys: readonly string[];
  /** Of a program: the accounts that it has, with the number of the last snapshot that had them. */
  readonly alive: Map<string, number> | null;
  /** The slot of its snapshot; null: it is not known yet. */
  slot: bigint | null;
}

interface Heard {
  /** The subscription that it came from; null: it is about a slot. */
  readonly of: Watched | null;
  readonly message: LiveMessage;
}

/**
 * The accounts of programs, and single ones, of a validator. It subscribes first, then reads a snapshot. Notifications that are newer
 * are handed on while it is read, because that may take long; older ones are left out. After a loss a new snapshot brings the latest
 * states; what they were in between is lost, and becomes a gap. It has no position.
 */
export function createRpcSource(
  connection: RpcConnection,
  { clock, secret }: { readonly clock: Clock; readonly secret: string | null },
): LiveSource {
  const { commitment, programs, accounts } = connection;
  if (programs.length + accounts.length === 0) {
    throw new IngotError('invalid_input', 'A connection needs a program or an account to watch.');
  }
  const filled = (address: string) =>
    secret === null ? address : address.replaceAll('{token}', encodeURIComponent(secret));
  const rpcAddress = filled(connection.rpc);
  const subscriptionsAddress = filled(connection.subscriptions ?? besideRpc(connection.rpc));
  const aliveByProgram = new Map(programs.map((program) => [program, new Map<string, number>()] as const));
  let snapshots = 0;

  async function* connect(
    _from: LivePosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    const kit = await import('@solana/kit');
    const queue = createMessageQueue<Heard>();
    const ending = new AbortController();
    const end = () => {
      ending.abort();
      queue.end();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    queue.over.catch((error: unknown) => ending.abort(error));
    const silence = watchSilence(clock, () =>
      queue.fail(lost(`${name} has been silent for ${LONGEST_SILENCE_MS / 1000} s.`)),
    );
    try {
      let headFound: (slot: bigint | null) => void = () => {};
      const firstHead = new Promise<bigint | null>((resolve) => {
        headFound = resolve;
      });
      // What was asked may never be answered.
      const unlessOver = <T>(asked: Promise<T>) => Promise.race([asked, queue.over]);
      const watched = await unlessOver(
        subscribe(kit, ending.signal, {
          hear(of, message, bytes) {
            silence.heard();
            queue.push({ of, message }, bytes);
          },
          subscribed: silence.heard,
          head: headFound,
          failed: (error) => queue.fail(toLoss(kit, error)),
        }),
      );
      // A snapshot from before the subscriptions would leave out what came in between.
      const head = await unlessOver(firstHead);
      let coversFrom = 0n;
      for (const of of watched) {
        for await (const messages of readSnapshot(of, head, queue, ending.signal)) yield messages;
        if (of.slot !== null && of.slot > coversFrom) coversFrom = of.slot;
      }
      // Behind the snapshot: its slot is the one from which on nothing is missed.
      yield [{ kind: 'covers', fromSlot: String(coversFrom) }];
      for await (const entries of queue.chunks()) {
        const messages = newerOf(entries);
        if (messages.length > 0) yield messages;
      }
    } catch (error) {
      if (signal.aborted) return;
      throw toLoss(kit, error);
    } finally {
      signal.removeEventListener('abort', end);
      silence.end();
      end();
    }
  }

  /** Leaves out what is older than its snapshot, and remembers which accounts a program has. */
  function newerOf(entries: readonly Heard[]): readonly LiveMessage[] {
    return entries.flatMap(({ of, message }) => {
      if (of === null || message.kind !== 'account') return [message];
      const { id, state } = message.account;
      const { alive } = of;
      const past = commitment === 'processed' ? -1n : 0n;
      // A slot that is not confirmed yet may go on after the snapshot.
      if (slotOf(message) <= (of.slot ?? 0n) + past) return [];
      if (state === null) alive?.delete(id);
      else if (alive && (alive.has(id) || alive.size < MOST_REMEMBERED)) alive.set(id, snapshots);
      return [message];
    });
  }

  /** A snapshot, with notifications that are newer between its accounts. */
  async function* readSnapshot(
    of: Watched,
    head: bigint | null,
    queue: MessageQueue<Heard>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    snapshots += 1;
    const number = snapshots;
    const { alive, method, keys } = of;
    /** Since the snapshot. */
    const closed = new Set<string>();
    const asking = {
      address: rpcAddress,
      clock,
      signal,
      longestSilenceMs: LONGEST_ANSWER_MS,
      late: () => queue.fail(lost(`${name} does not go on with a snapshot.`)),
    };
    const request = { method, keys, commitment, minContextSlot: head };
    for (let tries = 1; ; tries += 1) {
      try {
        for await (const accounts of readAnswer(request, asking, (slot) => {
          of.slot = slot;
        })) {
          for (const { id, state } of accounts) {
            if (state === null || closed.has(id)) continue;
            if (alive && (alive.has(id) || alive.size < MOST_REMEMBERED)) alive.set(id, number);
          }
          yield accounts.map((account) => ({ kind: 'account', account }));
          // What else is said comes after the snapshot.
          const newer = newerOf(
            queue.take((entry) => entry.of === of && slotOf(entry.message) > (of.slot ?? 0n)),
          );
          if (newer.length === 0) continue;
          for (const message of newer) {
            if (message.kind === 'account' && message.account.state === null) closed.add(message.account.id);
          }
          yield newer;
        }
        break;
      } catch (error) {
        const isEarly = error instanceof RefusedAnswer && error.code === MIN_CONTEXT_SLOT_NOT_REACHED;
        if (!isEarly || tries === SNAPSHOT_TRIES || signal.aborted) throw error;
        await clock.waitUntil(clock.now() + SNAPSHOT_AGAIN_MS, signal);
        signal.throwIfAborted();
      }
    }
    // What a program had before and has no longer was closed, sometime since.
    let gone: LiveMessage[] = [];
    for (const [id, last] of alive ?? []) {
      if (last >= number) continue;
      alive?.delete(id);
      gone.push({ kind: 'account', account: toChainAccount(id, of.slot ?? 0n, null) });
      if (gone.length < CHUNK_ACCOUNTS) continue;
      yield gone;
      gone = [];
    }
    if (gone.length > 0) yield gone;
  }

  interface Hearing {
    readonly hear: (of: Watched | null, message: LiveMessage, bytes: number) => void;
    readonly subscribed: () => void;
    /** A slot at least as high as the first that is heard of; null: the server tells none. */
    readonly head: (slot: bigint | null) => void;
    readonly failed: (error: unknown) => void;
  }

  async function subscribe(
    kit: Kit,
    abortSignal: AbortSignal,
    hearing: Hearing,
  ): Promise<readonly Watched[]> {
    const subscriptions = kit.createSolanaRpcSubscriptions_UNSTABLE(subscriptionsAddress, {
      // All on one socket, so that they end together.
      maxSubscriptionsPerChannel: Number.MAX_SAFE_INTEGER,
    });
    const pump = <Notification>(
      from: AsyncIterable<Notification>,
      take: (notification: Notification) => void,
      isOfSlots = false,
    ) => {
      const run = async () => {
        for await (const notification of from) {
          // Subscriptions are read side by side: what came before a slot's status must be heard before it.
          if (isOfSlots) await clock.breathe();
          take(notification);
        }
        if (!abortSignal.aborted) throw lost(`${name} ended a subscription.`);
      };
      run().catch(hearing.failed);
    };
    const options = { abortSignal };
    const watched: Watched[] = [];

    for (const program of programs) {
      const alive = aliveByProgram.get(program) ?? null;
      const of: Watched = { method: 'getProgramAccounts', keys: [program], alive, slot: null };
      watched.push(of);
      const notifications = await subscriptions
        .programNotifications(kit.address(program), { commitment, encoding: 'base64' })
        .subscribe(options);
      hearing.subscribed();
      pump(notifications, ({ context, value: { pubkey, account } }) =>
        hearing.hear(
          of,
          { kind: 'account', account: toChainAccount(pubkey, context.slot, account) },
          account.data[0].length,
        ),
      );
    }

    for (let at = 0; at < accounts.length; at += MOST_ACCOUNTS_AT_ONCE) {
      const keys = accounts.slice(at, at + MOST_ACCOUNTS_AT_ONCE);
      const of: Watched = { method: 'getMultipleAccounts', keys, alive: null, slot: null };
      watched.push(of);
      for (const key of keys) {
        const notifications = await subscriptions
          .accountNotifications(kit.address(key), { commitment, encoding: 'base64' })
          .subscribe(options);
        hearing.subscribed();
        pump(notifications, ({ context, value }) =>
          hearing.hear(
            of,
            { kind: 'account', account: toChainAccount(key, context.slot, value) },
            value.data[0].length,
          ),
        );
      }
    }
    await subscribeSlots(kit, subscriptions, options, hearing, pump);
    return watched;
  }

  /** Not every server has the detailed updates of slots: then the plain ones tell the head and the root. */
  async function subscribeSlots(
    kit: Kit,
    subscriptions: ReturnType<Kit['createSolanaRpcSubscriptions_UNSTABLE']>,
    options: { readonly abortSignal: AbortSignal },
    { hear, head }: Hearing,
    pump: <Notification>(
      from: AsyncIterable<Notification>,
      take: (of: Notification) => void,
      isOfSlots: true,
    ) => void,
  ): Promise<void> {
    const say = (slot: bigint, status: 'processed' | 'confirmed' | 'finalized' | 'dead') =>
      hear(null, { kind: 'slot', slot: String(slot), status }, 0);
    try {
      const details = await subscriptions.slotsUpdatesNotifications().subscribe(options);
      const tell = { confirmed: sayAfterNext(say, 'confirmed'), finalized: sayAfterNext(say, 'finalized') };
      pump(
        details,
        ({ type, slot }: { readonly type: string; readonly slot: bigint }) => {
          switch (type) {
            case 'createdBank':
              head(slot);
              return say(slot, 'processed');
            case 'optimisticConfirmation':
              head(slot);
              // A slot is final no earlier than it is confirmed.
              return commitment === 'finalized' ? undefined : tell.confirmed(slot);
            case 'root':
              return tell.finalized(slot);
            case 'dead':
              return say(slot, 'dead');
          }
        },
        true,
      );
      return;
    } catch (error) {
      if (!isUnknownMethod(kit, error)) throw error;
    }
    try {
      const slots = await subscriptions.slotNotifications().subscribe(options);
      const sayFinal = sayAfterNext(say, 'finalized');
      pump(
        slots,
        ({ slot, root }) => {
          head(slot);
          say(slot, 'processed');
          sayFinal(root);
        },
        true,
      );
    } catch (error) {
      if (!isUnknownMethod(kit, error)) throw error;
      head(null);
    }
  }

  const lost = (message: string) => new IngotError('source_broken', message);

  /** Without the server's own words: they may hold the address, and that a secret. */
  function toLoss(kit: Kit, error: unknown): IngotError {
    if (error instanceof IngotError) return error;
    const hint = 'Check the address, its secret, and what the server allows.';
    const code = kit.isSolanaError(error) ? error.context.__code : null;
    // Those above are the library's own.
    const isAnswer = code !== null && code < 0;
    const refused =
      error instanceof RefusedAnswer ? error : isAnswer ? new RefusedAnswer('error', code) : null;
    if (refused !== null) {
      const said = `${refused.kind} ${refused.code}`;
      return PERMANENT[refused.kind].has(refused.code)
        ? new IngotError('source_unreadable', `${name} refuses what is asked: ${said}.`, { hint })
        : lost(`${name} answers with ${said}.`);
    }
    if (error instanceof BrokenAnswer)
      return lost(`The snapshot of ${name} is not complete: ${error.message}.`);
    return lost(`The connection to ${name} was lost.`);
  }

  const [firstKey = ''] = [...programs, ...accounts];
  const more = programs.length + accounts.length - 1;
  const name = `${originOf(connection.subscriptions ?? besideRpc(connection.rpc))} ${firstKey.slice(0, 8)}…${more > 0 ? ` and ${more} more` : ''}`;
  return { name, connect, committed: async () => undefined };
}

const PERMANENT: Readonly<Record<RefusedAnswer['kind'], ReadonlySet<number>>> = {
  /** Unauthorised, forbidden, not found, method not allowed. */
  HTTP: new Set([400, 401, 403, 404, 405]),
  /** Invalid request, unknown method, invalid parameters, an account index that the server does not have. */
  error: new Set([-32600, -32601, -32602, -32010]),
};
const MIN_CONTEXT_SLOT_NOT_REACHED = -32016;

/** Of an account; below all slots if it is none. */
const slotOf = (message: LiveMessage) =>
  message.kind === 'account' ? BigInt(message.account.slot ?? 0) : -1n;

const isUnknownMethod = (kit: Kit, error: unknown) =>
  kit.isSolanaError(error) && (error.context.__code === -32601 || error.context.__code === -32602);

const originOf = (address: string) => {
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
};

/** As validators do it: the same host, and where a port is written, the next one. */
export function besideRpc(rpc: string): string {
  const [, secure, host, port, rest] = /^http(s?):\/\/(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?(.*)$/i.exec(rpc) ?? [];
  return `ws${secure}://${host}${port === undefined ? '' : `:${Number(port) + 1}`}${rest ?? ''}`;
}

/** Says of each slot that it has a status once the next one has: by then all of its updates were sent. */
function sayAfterNext<Status>(say: (slot: bigint, status: Status) => void, status: Status) {
  let highest: bigint | null = null;
  return (slot: bigint) => {
    if (highest !== null && slot <= highest) return;
    if (highest !== null) say(highest, status);
    highest = slot;
  };
}

function toChainAccount(id: string, slot: bigint, account: RpcAccount | null): ChainAccount {
  const base = { id, slot: String(slot), writeVersion: null, signature: null };
  if (account === null || (account.lamports === 0n && account.data[0] === ''))
    return { ...base, state: null };
  const { lamports, owner, executable, rentEpoch, space, data } = account;
  const bytes = Buffer.from(data[0], 'base64');
  return {
    ...base,
    state: {
      lamports: String(lamports),
      owner,
      executable,
      rentEpoch: rentEpoch === undefined ? null : String(rentEpoch),
      data: { kind: 'bytes', bytes, space: space === undefined ? bytes.length : Number(space) },
    },
  };
}

function watchSilence(clock: Clock, silent: () => void) {
  let heardMs = clock.now();
  let alarm: Alarm | null = null;
  const look = () => {
    const untilMs = heardMs + LONGEST_SILENCE_MS;
    if (clock.now() >= untilMs) silent();
    else alarm = clock.setAlarm(untilMs, look);
  };
  look();
  return {
    heard() {
      heardMs = clock.now();
    },
    end: () => alarm?.clear(),
  };
}
