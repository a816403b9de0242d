import { z } from 'zod';
import { secretNameSchema } from './connections';
import type { EpochMs, VersionText } from './update';

/** Deliveries: what fired callbacks do outside Ingot. A target says where they go. */

const wholeSchema = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const rateFault = { error: 'must be a number from 0.01 to 1,000' };
const rateSchema = z.number(rateFault).min(0.01, rateFault).max(1_000, rateFault);
/** What every target has. */
const delivering = {
  /** `quiet`: an alarm, for runs whose callback time is how long an account may go without an update. */
  event: z.enum(['fired', 'quiet']).default('fired'),
  /** Deliveries under way at once. */
  concurrency: wholeSchema(1, 32).default(4),
  /** Null: as fast as it answers. */
  ratePerSecond: rateSchema.nullable().default(null),
  timeoutSeconds: wholeSchema(1, 600).default(10),
  /** After so many failed attempts a delivery is dead. */
  maxAttempts: wholeSchema(1, 100).default(20),
  /** It is also dead when so much time has passed since its first attempt. */
  giveUpAfterHours: z.number().min(0.01).max(720).default(24),
  /** Larger account data is left out, and the event says so. */
  maxDataBytes: z
    .int()
    .min(0)
    .max(1024 * 1024)
    .default(256 * 1024),
};

const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' })
    .max(2048)
    .refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), {
      message: 'must hold no name and password',
    }),
  /** Null: not signed. */
  secret: secretNameSchema.nullable().default(null),
  /** It may be on this machine or in a private network. */
  allowPrivate: z.boolean().default(false),
  ...delivering,
});
export type WebhookSettings = z.infer<typeof webhookSchema>;

export const targetSettingsSchema = z.discriminatedUnion('kind', [
  webhookSchema,
  z.strictObject({
    kind: z.literal('command'),
    /** The program and its arguments. No shell reads them. */
    argv: z.array(z.string().min(1).max(4096)).min(1).max(64),
    ...delivering,
  }),
  z.strictObject({
    kind: z.literal('file'),
    /** The whole path. */
    path: z.string().min(1).max(4096),
    ...delivering,
    concurrency: z.literal(1).default(1),
  }),
]);
export type TargetSettings = z.infer<typeof targetSettingsSchema>;

/** Stored settings that this version cannot read: another version or a person wrote them. Nothing is sent there. */
export interface UnreadableSettings {
  readonly kind: 'unreadable';
  /** Which field is wrong. */
  readonly reason: string;
}

export const targetNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be up to 40 lower-case letters, digits and hyphens, a letter first');

/** A window adds webhooks only: a page that was taken over must not run commands or write files. */
export const newTargetSchema = z.strictObject({
  name: targetNameSchema,
  settings: webhookSchema,
  arm: z.boolean().default(false),
});

export const changedTargetSchema = newTargetSchema.omit({ arm: true });

export const targetRefSchema = z.strictObject({ name: targetNameSchema });

export const armTargetSchema = z.strictObject({
  name: targetNameSchema,
  /** `now`: what fired before is not delivered. `where it stopped`: what fired since it was disarmed is delivered too. */
  from: z.enum(['now', 'where it stopped']).default('now'),
});
export type ArmFrom = z.output<typeof armTargetSchema>['from'];

export interface TargetInfo {
  readonly name: string;
  readonly settings: TargetSettings | UnreadableSettings;
  readonly armed: boolean;
  /** Why it was disarmed, if no person did it; a sentence. */
  readonly disarmedBecause: string | null;
  /** Why nothing is sent, though it is armed; a sentence. */
  readonly problem: string | null;
  readonly delivered: number;
  /** Deliveries that failed, and are tried again. */
  readonly waiting: number;
  readonly dead: number;
  /** Fired callbacks that it has not come to yet; at most `MOST_BEHIND` are counted. */
  readonly behind: number;
  /** When the oldest delivery that waits was tried first; null if none waits. */
  readonly oldestWaitingMs: EpochMs | null;
  /** Why the last attempt failed; null if it did not. */
  readonly lastError: string | null;
}
export const MOST_BEHIND = 2_000;

/** `waiting`: it failed, and is tried again. `dead`: it failed too often, and waits for a person. */
export const DELIVERY_STATES = ['dead', 'waiting', 'delivered'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const MAX_DELIVERIES = 200;
export const deliveriesQuerySchema = z.strictObject({
  target: targetNameSchema,
  /** Null: all. */
  state: z.enum(['waiting', 'dead']).nullable().default(null),
  /** `next` of the page before; left out: from the latest on. */
  before: z
    .string()
    .regex(/^\d{1,19}$/)
    .exactOptional(),
  limit: z.int().min(1).max(MAX_DELIVERIES).default(100),
});
export type DeliveriesQuery = z.output<typeof deliveriesQuerySchema>;

export interface Delivery {
  readonly target: string;
  /** Number of the callback's settling in the one order. */
  readonly seq: string;
  readonly id: string;
  readonly version: VersionText;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly firstAttemptMs: EpochMs;
  readonly lastAttemptMs: EpochMs;
  /** Of one that waits. */
  readonly nextAttemptMs: EpochMs | null;
  /** What the target answered last: an HTTP status, how a command ended. Null without an answer. */
  readonly answer: string | null;
  /** Why the last attempt failed; null if it did not. */
  readonly error: string | null;
}
export interface DeliveriesPage {
  readonly rows: readonly Delivery[];
  /** Null: there are no more. */
  readonly next: string | null;
}

export const resendSchema = z.strictObject({
  target: targetNameSchema,
  /** Null: all that are dead. */
  seqs: z
    .array(z.string().regex(/^\d{1,19}$/))
    .min(1)
    .max(MAX_DELIVERIES)
    .nullable(),
});

/**
 * `under way`: it is to be sent for the first time. `not armed`: the target or the run did not deliver when it fired. `forgotten`: it
 * is not known any more, because only the latest deliveries are kept.
 */
export type CallbackDeliveryState = (typeof CALLBACK_DELIVERY_STATES)[number];
/** What needs a look first. */
export const CALLBACK_DELIVERY_STATES = [
  'dead',
  'waiting',
  'under way',
  'delivered',
  'forgotten',
  'not armed',
] as const;

/** What became of a fired callback at one target, for a row of a list. */
export interface DeliveryMark {
  readonly target: string;
  readonly state: CallbackDeliveryState;
  /** 0: none was made, or it is not known. */
  readonly attempts: number;
  /** Of one that waits. */
  readonly nextAttemptMs: EpochMs | null;
}

/** The same with its last attempt. */
export interface CallbackDelivery {
  readonly target: string;
  readonly state: CallbackDeliveryState;
  /** Null: none was made, or it is not known. */
  readonly delivery: Omit<Delivery, 'target' | 'seq' | 'id' | 'version'> | null;
}

export interface AttemptResult {
  readonly delivered: boolean;
  readonly answer: string | null;
  readonly error: string | null;
  readonly tookMs: number;
}
