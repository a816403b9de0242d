import { lookup } from 'node:dns';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { WebhookSettings } from '../../src-shared/deliveries';
import type { EventMessage } from './event';
import { isPublicAddress } from './public-address';
import { type Answer, excerptOf, KEPT_OUTPUT_BYTES, type Sender, type SenderDeps, withTimeout } from './send';

/** A `Retry-After` further away counts as this. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

class PrivateAddressError extends Error {
  constructor(host: string) {
    super(`${host} is an address of this machine or of a private network. The target does not allow that.`);
  }
}

/**
 * Posts CloudEvents, signed as Standard Webhooks asks for (https://www.standardwebhooks.com). The address that is checked is the
 * one that is connected to, and no redirect is followed, so a name cannot lead into a private network later.
 */
export async function createWebhook(settings: WebhookSettings, deps: SenderDeps): Promise<Sender> {
  const { clock, secretOf } = deps;
  const secret = settings.secret === null ? null : await secretOf(settings.secret);
  const url = new URL(settings.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const { Webhook } = await import('standardwebhooks');
  const checked: LookupFunction = (name, options, done) =>
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '');
      const allowed = settings.allowPrivate ? found : found.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (!first) return done(new PrivateAddressError(name), '');
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  const agentOptions = { keepAlive: true, maxSockets: settings.concurrency, lookup: checked };
  const agent = isSecure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);

  const post = (message: EventMessage, signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      // An address is not looked up.
      if (isIP(host) !== 0 && !settings.allowPrivate && !isPublicAddress(host))
        throw new PrivateAddressError(host);
      const id = headerText(message.id);
      const atMs = clock.now();
      const headers = {
        'content-type': message.contentType,
        'content-length': Buffer.byteLength(message.body),
        'user-agent': 'Ingot',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(atMs / 1000)),
        ...(secret !== null && {
          'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), message.body),
        }),
      };
      const request = (isSecure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent,
        headers,
        signal,
      });
      request.on('error', reject);
      request.on('response', (response) => {
        readAnswer(response, clock.now()).then(resolve, reject);
      });
      request.end(message.body);
    });

  return {
    send: (message, signal) =>
      withTimeout(clock, settings.timeoutSeconds * 1000, signal, async (ending, timedOut) => {
        try {
          return await post(message, ending);
        } catch (error) {
          const why = timedOut()
            ? `It did not answer within ${settings.timeoutSeconds} s.`
            : whyUnreached(host, error as NodeJS.ErrnoException);
          return { delivered: false, answer: null, error: why };
        }
      }),
    close: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage, nowMs: number): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Whatever the rest is, the status says it all. This ends the connection.
    if (bytes > KEPT_OUTPUT_BYTES) break;
  }
  const answer = String(status);
  if (status >= 200 && status < 300) return { delivered: true, answer, error: null };
  const retryAfterMs =
    status === 429 || status === 503 ? parseRetryAfter(headers['retry-after'], nowMs) : undefined;
  const said = excerptOf(chunks);
  const what =
    status >= 300 && status < 400
      ? `It answered ${status}, and no redirect is followed.`
      : `It answered ${status}.`;
  return {
    delivered: false,
    answer,
    error: said === '' ? what : `${what} ${said}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === 410 && { gone: true }),
  };
}

/** Seconds, or an HTTP date; undefined for anything else. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

/** A header holds ASCII only: the rest is percent-encoded, as the HTTP binding of CloudEvents does it. */
function headerText(text: string): string {
  const wellFormed = Buffer.from(text).toString();
  return wellFormed.replace(/[^!#$&-~]/gu, (sign) => encodeURIComponent(sign));
}

function whyUnreached(host: string, error: NodeJS.ErrnoException): string {
  if (error instanceof PrivateAddressError) return error.message;
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ECONNRESET: 'the connection broke off',
    ENOTFOUND: 'there is no such name',
    EAI_AGAIN: 'the name could not be looked up',
    EHOSTUNREACH: 'there is no way to it',
    ENETUNREACH: 'there is no way to it',
  };
  return `${host} could not be reached: ${known[error.code ?? ''] ?? error.code ?? 'unknown reason'}.`;
}
