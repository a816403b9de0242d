import { afterEach, describe, expect, it, vi } from 'vitest';
import { IngotError } from '../../../src-shared/errors';
import type { EngineEvent } from '../../../src-shared/feed';
import { runEvent } from '../../../src-shared/testing/events';
import { recordingLogger } from '../../host/testing/recording-logger';
import { createSystemClock } from '../../time/clock';
import { MOST_STATEMENTS_OF_A_SPAN } from './spans';
import type { Tracing } from './start-tracing';
import { openOtlpReceiver, type ReceivedSpan } from './testing/otlp-receiver';
import { isTracingAskedFor, openTracing, untraced } from './tracing';

afterEach(() => vi.unstubAllEnvs());

const { logger, entries } = recordingLogger();
const system = createSystemClock();
/** Independent of the machine's speed: the collector has unlimited time. */
const patient = {
  ...system,
  waitUntil: (_at: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
};
const open = (callbacks = 20, server = 'postgres://db.example:6432/live', clock = system) =>
  openTracing({
    clock,
    logger,
    shell: 'cli',
    version: '1',
    server,
    callbacks,
  });

/** The spans that a collector gets from `play`. */
async function trace(
  play: (tracing: Tracing) => Promise<unknown>,
  callbacks?: number,
  server?: string,
): Promise<readonly ReceivedSpan[]> {
  const receiver = await openOtlpReceiver();
  for (const [name, value] of Object.entries(receiver.env)) vi.stubEnv(name, value);
  const tracing = await open(callbacks, server, patient);
  await play(tracing);
  await tracing.close();
  await receiver.close();
  expect(receiver.faults).toEqual([]);
  return receiver.spans();
}

const named = (spans: readonly ReceivedSpan[], name: string) => spans.filter((span) => span.name === name);
const SECRET = { id: 'a', accountType: 'mint', tokens: '5', data: '"secret"' };
const nothing = async () => {};
const settle = (event: 'indexed' | 'fired' | 'cancelled', version: number): EngineEvent => {
  const key = { version: String(version) };
  if (event !== 'fired') return runEvent(event, key);
  return runEvent('fired', { ...key, latenessMs: 40, account: { ...SECRET, ...key } });
};
const all = (event: 'indexed' | 'fired', versions: readonly number[]) =>
  versions.map((version) => settle(event, version));

describe('tracing', () => {
  it.each([
    ['nothing says where to', {}, false],
    ['a collector is named', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, true],
    ['one for traces alone is named', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' }, true],
    ['the name is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false],
    ['it is taken back', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'TRUE' }, false],
    [
      'no exporter is wanted',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_EXPORTER: 'none' },
      false,
    ],
  ])('is on or off as the standard variables say: %s', (_, variables, isOn) => {
    expect(isTracingAskedFor(variables)).toBe(isOn);
  });

  it('is the plain observer that does nothing, when nobody asks for it', async () => {
    expect(await open()).toBe(untraced);
  });

  it('traces also where the name of the database is escaped badly: whoever opens it says so', async () => {
    const work = ({ observer }: Tracing) => observer.around('batch', { runId: '7', records: 1 }, nothing);
    const spans = await trace(work, 20, 'postgres://db.example/a%zz');
    expect(named(spans, 'batch')).toHaveLength(1);
  });

  it('shows a statement that failed by its codes, and where the server is, never by its words', async () => {
    const spans = await trace(({ observer }) =>
      observer.around('batch', { runId: '7', records: 2 }, async () => {
        const refused = { sqlstate: '23505', statement: 'insert_updates' };
        await observer
          .around('statement', { statement: 'insert_updates', operation: 'INSERT' }, async () => {
            throw new IngotError('database_error', 'secret words', refused);
          })
          .catch(nothing);
      }),
    );
    const [statement] = named(spans, 'insert_updates');
    expect(statement).toMatchObject({
      kind: 'SPAN_KIND_CLIENT',
      failed: true,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'live.ingot',
        'db.operation.name': 'INSERT',
        'db.query.summary': 'insert_updates',
        'db.response.status_code': '23505',
        'error.type': '23505',
        'server.address': 'db.example',
        'server.port': '6432',
      },
    });
    expect(named(spans, 'batch')).toMatchObject([
      { failed: false, attributes: { 'ingot.run_id': '7', 'ingot.records': '2' } },
    ]);
    expect(String(spans.map((span) => JSON.stringify(span.attributes)))).not.toContain('secret');
  });

  it('shows no statement outside of any work, and no more than so many inside', async () => {
    const spans = await trace(async ({ observer }) => {
      const ask = () => observer.around('statement', { statement: 'ask' }, nothing);
      await ask();
      await observer.around('run', { runId: '1' }, async () => {
        for (let asked = 0; asked < MOST_STATEMENTS_OF_A_SPAN + 7; asked += 1) await ask();
      });
    });
    expect(named(spans, 'ask')).toHaveLength(MOST_STATEMENTS_OF_A_SPAN);
    expect(named(spans, 'run')).toMatchObject([{ attributes: { 'ingot.statements.left_out': '7' } }]);
  });

  it('ends the trace of a batch with its callbacks, from when they were due, linked to the claim', async () => {
    const spans = await trace(async ({ observer }) => {
      await observer.around('batch', {}, async () => observer.hear?.(all('indexed', [1])));
      await observer.around('claim', {}, async () => observer.hear?.(all('fired', [1])));
    });
    const [batch] = named(spans, 'batch');
    const [claim] = named(spans, 'claim');
    const [callback] = named(spans, 'callback fired');
    expect(callback).toMatchObject({
      traceId: batch?.traceId,
      parentSpanId: batch?.spanId,
      links: [{ traceId: claim?.traceId, spanId: claim?.spanId }],
      attributes: {
        'ingot.account.id': 'a',
        'ingot.account.version': '1',
        'ingot.callback.lateness_ms': '40',
      },
    });
    expect(Number((claim?.startNano ?? 0n) - (callback?.startNano ?? 0n)) / 1e6).toBeCloseTo(40, 1);
    expect(claim).toMatchObject({
      links: [{ traceId: batch?.traceId, spanId: batch?.spanId }],
      attributes: { 'ingot.callbacks.fired': '1' },
    });
    expect(claim?.traceId).not.toBe(batch?.traceId);
  });

  it('says of a callback that a newer version cancelled which batch that came with', async () => {
    const spans = await trace(async ({ observer }) => {
      await observer.around('batch', {}, async () => observer.hear?.(all('indexed', [1])));
      await observer.around('batch', {}, async () => observer.hear?.([settle('cancelled', 1)]));
    });
    const [older, newer] = named(spans, 'batch');
    expect(named(spans, 'callback cancelled')).toMatchObject([
      { parentSpanId: older?.spanId, links: [{ spanId: newer?.spanId }] },
    ]);
  });

  it('shows a few callbacks of a burst, and how many there were', async () => {
    const many = Array.from({ length: 500 }, (_, index) => index);
    const spans = await trace(async ({ observer }) => {
      await observer.around('batch', {}, async () => observer.hear?.(all('indexed', many)));
      for (const version of many.slice(0, 5)) {
        await observer.around('batch', {}, async () => observer.hear?.(all('indexed', [1000 + version])));
      }
      const fired = [...many, ...many.slice(0, 5).map((version) => 1000 + version)];
      await observer.around('claim', {}, async () => observer.hear?.(all('fired', fired)));
    }, 4);
    const [burst, ...single] = named(spans, 'batch');
    const callbacks = named(spans, 'callback fired');
    expect(callbacks.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(4).fill(burst?.spanId));
    expect(single).toHaveLength(5);
    expect(named(spans, 'claim')).toMatchObject([{ attributes: { 'ingot.callbacks.fired': '505' } }]);
  });

  it('samples batches one by one, each with all that belongs to it', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio');
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.5');
    const spans = await trace(async ({ observer }) => {
      for (let batch = 0; batch < 200; batch += 1) {
        await observer.around('batch', {}, () => observer.around('statement', { statement: 'ask' }, nothing));
      }
    });
    const batches = named(spans, 'batch');
    // A fair coin stays within these 999,999,999 times in a thousand million.
    expect(batches.length).toBeGreaterThan(55);
    expect(batches.length).toBeLessThan(145);
    expect(named(spans, 'ask').map(({ parentSpanId }) => parentSpanId)).toEqual(
      batches.map(({ spanId }) => spanId),
    );
  });

  it('says once that the collector is away, and ends all the same', async () => {
    const receiver = await openOtlpReceiver();
    await receiver.close();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.endpoint);
    // It would retry for an hour.
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '3600000');
    vi.stubEnv('OTEL_BSP_EXPORT_TIMEOUT', '3600000');
    const before = entries.length;
    const tracing = await open();
    for (let batch = 0; batch < 3000; batch += 1) await tracing.observer.around('batch', {}, nothing);
    await tracing.close();
    const warnings = entries.slice(before).filter(({ level }) => level !== 'debug');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('traces do not reach their collector');
  });

  it.each(['no address at all', 'collector:4318', '127.0.0.1:4318', 'file:///v1/traces', 'http://h:99999'])(
    'sends nothing anywhere when the collector is named as %s',
    async (endpoint) => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
      const before = entries.length;
      expect(await open()).toBe(untraced);
      expect(entries.slice(before)).toMatchObject([
        { level: 'warn', message: expect.stringContaining('must be named as a URL, such as http://') },
      ]);
    },
  );
});
