import { z } from 'zod';
import type { RunStatus } from './events';
import type { Moment } from './run-clock';
import { runSettingsSchema } from './run-settings';
import type { EpochMs, U64Text } from './update';

/** `{token}` stands for the secret that the connection names. */
const addressOf = (protocol: RegExp, message: string) =>
  z
    .url({ protocol, error: message })
    .max(2048)
    .refine((address) => !WRITTEN_SECRET.test(address), {
      error: 'must not hold a secret: write {token} in its place, and name the secret',
    });
/** A name or password before the host, or a parameter that is called a key. */
const WRITTEN_SECRET =
  /^[a-z]+:\/\/[^/?#]*@|[?&][^=&#]*(key|token|secret|auth|pass)[^=&#]*=(?!\{token\}(?:[&#]|$))[^&#]/i;
const httpSchema = addressOf(/^https?$/, 'must be an address that begins with http:// or https://');
const publicKeySchema = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be a public key in base58');
const keysSchema = z.array(publicKeySchema).max(100);
const commitmentSchema = z.enum(['processed', 'confirmed', 'finalized']).default('confirmed');
/** Named, not written: the secret itself is in the keychain or in the environment. */
export const secretNameSchema = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be capital letters, digits and underscores, a letter first');
const secretSchema = secretNameSchema.nullable().default(null);

/** Where live updates come from. Stored, and shown, so it holds no secret. */
export const connectionSchema = z.discriminatedUnion('kind', [
  /** A validator's RPC and WebSocket: a snapshot first, then what changes. */
  z.strictObject({
    kind: z.literal('rpc'),
    rpc: httpSchema,
    /** Null: the usual one beside `rpc`. */
    subscriptions: addressOf(/^wss?$/, 'must be an address that begins with ws:// or wss://')
      .nullable()
      .default(null),
    programs: keysSchema.default([]),
    accounts: keysSchema.default([]),
    commitment: commitmentSchema,
    token: secretSchema,
  }),
  z.strictObject({
    kind: z.literal('yellowstone'),
    address: httpSchema,
    owners: keysSchema.default([]),
    accounts: keysSchema.default([]),
    commitment: commitmentSchema,
    token: secretSchema,
  }),
  /** Updates that are posted to this program. */
  z.strictObject({ kind: z.literal('http'), token: secretSchema }),
  /** A file that grows. */
  z.strictObject({ kind: z.literal('follow'), path: z.string().min(1).max(4096) }),
  z.strictObject({ kind: z.literal('stdin') }),
  z.strictObject({
    kind: z.literal('redis'),
    address: addressOf(/^rediss?$/, 'must be an address that begins with redis:// or rediss://'),
    stream: z.string().min(1).max(512),
    group: z.string().min(1).max(128).default('ingot'),
    token: secretSchema,
  }),
]);
export type Connection = z.infer<typeof connectionSchema>;
export type ConnectionKind = Connection['kind'];

export const CONNECTION_STATES = ['connecting', 'connected', 'waiting', 'ended'] as const;
/** `waiting`: it was lost, and is tried again at `retryAtMs`. */
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** A file that a connection is recorded to. */
export interface Recording {
  readonly path: string;
  /** With what was there before. */
  readonly bytes: number;
}

export interface ConnectionStatus {
  /** Its run, which ends with it. */
  readonly run: RunStatus;
  readonly connection: Connection;
  /** Absent if it is not recorded. */
  readonly recording?: Recording;
  readonly state: ConnectionState;
  readonly retryAtMs: EpochMs | null;
  /** How often it was lost. */
  readonly losses: number;
  /** Why it was lost last, for a person. */
  readonly lastLoss: string | null;
  readonly updatesPerSecond: number;
  readonly lastMessageAtMs: EpochMs | null;
  /** The highest slot that is committed, and that the source has announced. */
  readonly slot: U64Text | null;
  readonly headSlot: U64Text | null;
  /** The highest slots of these statuses. */
  readonly confirmedSlot: U64Text | null;
  readonly finalizedSlot: U64Text | null;
  /** How long the oldest message waits that was received and is not committed. */
  readonly lagMs: number;
  readonly gaps: number;
  /** Messages that are no updates, by what they are. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Slots of one connection, both included, in which nothing is missed, or something may be. */
export interface CoverageRange {
  readonly runId: string;
  /** From 0 in each run, in the order in which they began. */
  readonly number: number;
  readonly kind: 'covered' | 'gap';
  /** Null: unknown. */
  readonly fromSlot: U64Text | null;
  readonly toSlot: U64Text | null;
  /** Of a gap, a sentence. */
  readonly reason: string | null;
  /** When it began and ended. */
  readonly since: Moment;
  readonly until: Moment;
}

/** With the highest slots of these statuses that the connection was told of. */
export interface CoverageRow
  extends CoverageRange,
    Pick<ConnectionStatus, 'confirmedSlot' | 'finalizedSlot'> {}

/** A connection under a name of its own, for the next time. */
export const savedConnectionSchema = z.strictObject({
  name: z.string().trim().min(1).max(64),
  connection: connectionSchema,
  settings: runSettingsSchema,
});
export type SavedConnection = z.infer<typeof savedConnectionSchema>;
export const MOST_SAVED_CONNECTIONS = 100;
export const savedConnectionsSchema = z.array(savedConnectionSchema).max(MOST_SAVED_CONNECTIONS);

export interface SecretsInfo {
  /** Why no secret can be kept, a sentence; null if one can: `connections.setSecret`. */
  readonly whyNoKeychain: string | null;
  readonly secrets: readonly SecretInfo[];
}

/** Where a secret is found; null: nowhere. */
export interface SecretInfo {
  readonly name: string;
  readonly from: 'environment' | 'keychain' | null;
}

/** What the connection does now, in a sentence. */
export function connectionNews({ run, state, lastLoss }: ConnectionStatus): string {
  switch (state) {
    case 'connecting':
      return `Connecting to ${run.source}.`;
    case 'connected':
      return `Connected to ${run.source}.`;
    case 'waiting':
      return `The connection to ${run.source} was lost and is tried again. ${lastLoss}`;
    case 'ended':
      return run.failure === null
        ? `Disconnected from ${run.source}.`
        : `The connection to ${run.source} failed. ${run.failure}`;
  }
}

/** In a sentence. */
export function gapNews({ fromSlot, toSlot, reason }: CoverageRange): string {
  const where =
    fromSlot === null && toSlot === null
      ? 'at unknown slots'
      : fromSlot === toSlot
        ? `at slot ${fromSlot}`
        : `from slot ${fromSlot ?? '?'} to ${toSlot ?? '?'}`;
  return `Updates may be missing ${where}. ${reason}`;
}

/** Of slots in which nothing is missed: `, finalized to 90, confirmed`. */
export function statusWords({ fromSlot, toSlot, finalizedSlot, confirmedSlot }: CoverageRow): string {
  let words = '';
  for (const [status, slot] of [
    ['finalized', finalizedSlot],
    ['confirmed', confirmedSlot],
  ] as const) {
    if (slot === null || toSlot === null || BigInt(slot) < BigInt(fromSlot ?? 0)) continue;
    if (BigInt(slot) >= BigInt(toSlot)) return `${words}, ${status}`;
    words += `, ${status} to ${slot}`;
  }
  return words;
}
