import type { Connection } from '../../../src-shared/connections';
import { IngotError } from '../../../src-shared/errors';
import type { Alarm, Clock } from '../../time/clock';
import type { ChainAccount } from '../chain-account';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';
import { createMessageQueue } from './message-queue';

export type RpcConnection = Extract<Connection, { kind: 'rpc' }>;

/** A server sends a slot some twice a second: after so long without any message it is gone, whatever its socket says. */
export const LONGEST_SILENCE_MS = 30_000;
/** How often a snapshot is asked for that is not of a recent enough slot yet, and the pause in between. */
const SNAPSHOT_TRIES = 60;
const SNAPSHOT_AGAIN_MS = 500;
/** Accounts of a snapshot are handed on in chunks of so many. */
const CHUNK_ACCOUNTS = 500;
/** Of `getMultipleAccounts`. */
const MOST_ACCOUNTS_AT_ONCE = 100;
/** So many accounts of programs are remembered, to know which ones a later snapshot lacks. */
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

interface Snapshot {
  readonly slot: bigint;
  readonly accounts: readonly { readonly id: string; readonly account: RpcAccount | null }[];
}

/** One subscription, and the snapshot that belongs to it. */
interface Watched {
  readonly snapshot: (minContextSlot: bigint | undefined) => Promise<Snapshot>;
  /** Of a program: the accounts that it had. */
  readonly alive: Set<string> | null;
  /** Notifications of slots below this are older than the snapshot. */
  fromSlot: bigint;
}

/**
 * The accounts of programs, and single ones, of a validator. It subscribes first, then reads a snapshot, then goes on with what was
 * said since: what is older than the snapshot is left out. After a loss a new snapshot brings the latest states; what they were in
 * between is lost, and becomes a gap. It has no position.
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
  const aliveByProgram = new Map(programs.map((program) => [program, new Set<string>()] as const));

  async function* connect(
    _from: LivePosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    const kit = await import('@solana/kit');
    const queue = createMessageQueue<{ readonly of: Watched | null; readonly message: LiveMessage }>();
    const ending = new AbortController();
    const end = () => {
      ending.abort();
      queue.end();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
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
      for (const one of watched) {
        const { slot, accounts: found } = await unlessOver(
          readSnapshot(kit, one, head ?? undefined, ending.signal),
        );
        // A slot that is not confirmed yet may go on after the snapshot.
        one.fromSlot = commitment === 'processed' ? slot : slot + 1n;
        if (slot > coversFrom) coversFrom = slot;
        for (let at = 0; at < found.length; at += CHUNK_ACCOUNTS) {
          yield found
            .slice(at, at + CHUNK_ACCOUNTS)
            .map(({ id, account }) => ({ kind: 'account', account: toChainAccount(id, slot, account) }));
        }
        yield closedSince(one, found, slot);
      }
      // Behind the snapshot: its slot is the one from which on nothing is missed.
      yield [{ kind: 'covers', fromSlot: String(coversFrom) }];
      for await (const entries of queue.chunks()) {
        const messages = entries.flatMap(({ of, message }) =>
          of !== null && message.kind === 'account' && BigInt(message.account.slot ?? 0) < of.fromSlot
            ? []
            : [message],
        );
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

  /** What a program had before and has no longer was closed, sometime since. */
  const closedSince = (
    { alive }: Watched,
    found: Snapshot['accounts'],
    slot: bigint,
  ): readonly LiveMessage[] => {
    if (alive === null) return [];
    const now = new Set(found.map(({ id }) => id));
    const gone = [...alive].filter((id) => !now.has(id));
    for (const id of gone) alive.delete(id);
    for (const id of now) if (alive.size < MOST_REMEMBERED) alive.add(id);
    return gone.map((id) => ({ kind: 'account', account: toChainAccount(id, slot, null) }));
  };

  async function readSnapshot(
    kit: Kit,
    { snapshot }: Watched,
    minContextSlot: bigint | undefined,
    signal: AbortSignal,
  ): Promise<Snapshot> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await snapshot(minContextSlot);
      } catch (error) {
        const isEarly = kit.isSolanaError(
          error,
          kit.SOLANA_ERROR__JSON_RPC__SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
        );
        if (!isEarly || tries === SNAPSHOT_TRIES || signal.aborted) throw error;
        await pause(clock, SNAPSHOT_AGAIN_MS, signal);
      }
    }
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
    const rpc = kit.createSolanaRpc(rpcAddress);
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
      const of: Watched = {
        alive: aliveByProgram.get(program) ?? null,
        fromSlot: 0n,
        async snapshot(minContextSlot) {
          const config = { commitment, encoding: 'base64', withContext: true } as const;
          const { context, value } = await rpc
            .getProgramAccounts(kit.address(program), {
              ...config,
              ...(minContextSlot && { minContextSlot }),
            })
            .send(options);
          return {
            slot: context.slot,
            accounts: value.map(({ pubkey, account }) => ({ id: pubkey, account })),
          };
        },
      };
      watched.push(of);
      const notifications = await subscriptions
        .programNotifications(kit.address(program), { commitment, encoding: 'base64' })
        .subscribe(options);
      hearing.subscribed();
      pump(notifications, ({ context, value: { pubkey, account } }) => {
        const heard = toChainAccount(pubkey, context.slot, account);
        if (heard.state === null) of.alive?.delete(pubkey);
        else if (of.alive && of.alive.size < MOST_REMEMBERED) of.alive.add(pubkey);
        hearing.hear(of, { kind: 'account', account: heard }, account.data[0].length);
      });
    }

    for (let at = 0; at < accounts.length; at += MOST_ACCOUNTS_AT_ONCE) {
      const keys = accounts.slice(at, at + MOST_ACCOUNTS_AT_ONCE);
      const of: Watched = {
        alive: null,
        fromSlot: 0n,
        async snapshot(minContextSlot) {
          const config = { commitment, encoding: 'base64' } as const;
          const { context, value } = await rpc
            .getMultipleAccounts(keys.map(kit.address), {
              ...config,
              ...(minContextSlot && { minContextSlot }),
            })
            .send(options);
          return {
            slot: context.slot,
            accounts: value.map((account, index) => ({ id: keys[index] as string, account })),
          };
        },
      };
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
    if (kit.isSolanaError(error, kit.SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) {
      const { statusCode } = error.context;
      return REFUSALS.has(statusCode)
        ? new IngotError('source_unreadable', `${name} refuses: HTTP ${statusCode}.`, { hint })
        : lost(`${name} answers with HTTP ${statusCode}.`);
    }
    const code = kit.isSolanaError(error) ? error.context.__code : null;
    if (code !== null && PERMANENT_CODES.has(code)) {
      return new IngotError('source_unreadable', `${name} refuses what is asked: error ${code}.`, { hint });
    }
    return lost(`The connection to ${name} was lost.`);
  }

  const [firstKey = ''] = [...programs, ...accounts];
  const more = programs.length + accounts.length - 1;
  const name = `${originOf(connection.subscriptions ?? besideRpc(connection.rpc))} ${firstKey.slice(0, 8)}…${more > 0 ? ` and ${more} more` : ''}`;
  return { name, connect, committed: async () => undefined };
}

/** Unauthorised, forbidden, not found, method not allowed. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);
/** Invalid request, unknown method, invalid parameters, an account index that the server does not have. */
const PERMANENT_CODES: ReadonlySet<number> = new Set([-32600, -32601, -32602, -32010]);

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

function pause(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      alarm.clear();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const alarm = clock.setAlarm(clock.now() + forMs, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
