import type { TargetSettings, UnreadableSettings } from '../../src-shared/deliveries';
import type { Clock } from '../time/clock';
import type { EventMessage } from './event';

/** What came of one attempt. */
export interface Answer {
  readonly delivered: boolean;
  /** An HTTP status, or how a command ended; null without an answer. */
  readonly answer: string | null;
  /** Why it was not delivered, a sentence; null if it was. */
  readonly error: string | null;
  /** Nothing is to be sent to the target for so long. */
  readonly retryAfterMs?: number;
  /** The receiver is gone for good: the target is to be disarmed. */
  readonly gone?: boolean;
}

/** Sends one event after the other, or several at once. It never rejects; `signal` ends an attempt. */
export interface Sender {
  send(message: EventMessage, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

export interface SenderDeps {
  readonly clock: Clock;
  /** The value of a secret by its name; null if there is none. It is asked for when a target begins to send. */
  readonly secretOf: (name: string) => Promise<string | null>;
}

/** Why a target cannot send at all, a sentence; null if it can. */
export async function findProblem(
  settings: TargetSettings | UnreadableSettings,
  { secretOf }: Pick<SenderDeps, 'secretOf'>,
): Promise<string | null> {
  if (settings.kind === 'unreadable') {
    return `Its stored settings cannot be read (${settings.reason}). Remove it, or add it again under its name.`;
  }
  if (settings.kind !== 'webhook' || settings.secret === null) return null;
  const value = await secretOf(settings.secret);
  if (value === null) return `Its secret is not there: set INGOT_SECRET_${settings.secret}.`;
  const key = value.replace(/^whsec_/, '');
  // 24 to 64 bytes, as Standard Webhooks asks for.
  if (/^[A-Za-z0-9+/]{32,}={0,2}$/.test(key) && Buffer.from(key, 'base64').length >= 24) return null;
  return `INGOT_SECRET_${settings.secret} is no key of Standard Webhooks: whsec_ and at least 24 bytes in base64.`;
}

export async function openSender(settings: TargetSettings, deps: SenderDeps): Promise<Sender> {
  switch (settings.kind) {
    case 'webhook':
      return (await import('./send-webhook')).createWebhook(settings, deps);
    case 'command':
      return (await import('./run-command')).createCommand(settings, deps.clock);
    case 'file':
      return (await import('./append-file')).createFileTarget(settings.path);
  }
}

/** So much of an answer is kept, in bytes. */
export const KEPT_OUTPUT_BYTES = 2_048;

/** What was read of an answer, fit to be stored and shown. */
export const excerptOf = (chunks: readonly Buffer[]): string =>
  Buffer.concat(chunks)
    .subarray(0, KEPT_OUTPUT_BYTES)
    .toString('utf8')
    // Postgres stores no NUL.
    .replaceAll('\0', '')
    .trim();

/** Runs `work` with a signal that also aborts after `timeoutMs`. `timedOut` tells why. */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, timedOut: () => boolean) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  let late = false;
  const alarm = clock.setAlarm(clock.now() + timeoutMs, () => {
    late = true;
    ending.abort();
  });
  const end = () => ending.abort();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await work(ending.signal, () => late);
  } finally {
    alarm.clear();
    signal.removeEventListener('abort', end);
  }
}
