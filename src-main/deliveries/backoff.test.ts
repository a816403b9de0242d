import fc from 'fast-check';
import { expect, it } from 'vitest';
import { targetSettingsSchema } from '../../src-shared/deliveries';
import { createSystemClock } from '../time/clock';
import { nextAttemptMs } from './backoff';
import { isPublicAddress } from './public-address';
import { createCommand } from './run-command';
import { parseRetryAfter } from './send-webhook';

const LIMITS = { maxAttempts: 20, giveUpAfterHours: 24 };
const failed = (attempts: number, changes: object = {}) => ({
  attempts,
  firstAtMs: 0,
  nowMs: 0,
  retryAfterMs: undefined,
  ...changes,
});

it('waits a second, then twice as long each time, up to an hour, less a random half at most', () => {
  const longest = Array.from({ length: 14 }, (_, n) => nextAttemptMs(LIMITS, failed(n + 1), 0));
  expect(longest).toEqual(
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600].map((s) => s * 1000),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 19 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempts, chance) => {
        const most = nextAttemptMs(LIMITS, failed(attempts), 0) ?? 0;
        const waits = nextAttemptMs(LIMITS, failed(attempts), chance) ?? 0;
        expect(waits).toBeGreaterThanOrEqual(most / 2);
        expect(waits).toBeLessThanOrEqual(most);
      },
    ),
  );
});

it('waits as long as the receiver asks for, and gives up after so many attempts or so much time', () => {
  expect(nextAttemptMs(LIMITS, failed(1, { retryAfterMs: 90_000 }), 0.5)).toBe(90_000);
  expect(nextAttemptMs(LIMITS, failed(20), 0)).toBeNull();
  expect(nextAttemptMs(LIMITS, failed(15, { nowMs: 23 * 3_600_000 }), 0)).toBe(24 * 3_600_000);
  expect(nextAttemptMs(LIMITS, failed(15, { nowMs: 23 * 3_600_000 + 1 }), 0)).toBeNull();
});

it('reads Retry-After as seconds or as a date, and nothing else', () => {
  const now = Date.UTC(2026, 0, 1);
  expect(parseRetryAfter('120', now)).toBe(120_000);
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
  expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  expect(parseRetryAfter('999999999', now)).toBe(86_400_000);
  expect(parseRetryAfter('soon', now)).toBeUndefined();
  expect(parseRetryAfter(undefined, now)).toBeUndefined();
});

it('takes no address for public that is of this machine, of a private network, or stands for one', () => {
  const isNot =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 198.18.0.1 224.0.0.1 ' +
    '255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 2002:7f00:1:: fc00::1 fd12::1 fe80::1 ff02::1 2001:db8::1 localhost';
  for (const address of isNot.split(' '))
    expect([address, isPublicAddress(address)]).toEqual([address, false]);
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
  }
});

it('starts no command for an attempt that was ended before', async () => {
  const argv = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
  const settings = targetSettingsSchema.parse({ kind: 'command', argv });
  const sender = createCommand(settings as Parameters<typeof createCommand>[0], createSystemClock());
  const message = { id: 'a:1', contentType: '', body: '{}' };
  expect(await sender.send(message, AbortSignal.abort())).toMatchObject({ delivered: false });
});
