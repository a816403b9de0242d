import { expect, it } from 'vitest';
import { eventsOf, makeFile, record, runCli, toNdjson } from '../../shells/cli/testing/run-cli';
import { openOtlpReceiver, type ReceivedSpan } from './testing/otlp-receiver';

/** Two accounts, one with a second version at once, and an invalid record. */
const UPDATES = toNdjson([
  record({ id: 'first', data: { secret: 'geheimnis' }, callbackTimeMs: 150 }),
  record({ id: 'second', tokens: 7_770_777, callbackTimeMs: 150 }),
  record({ id: 'first', version: 2, callbackTimeMs: 150 }),
  { id: 'broken' },
]);
const RUN = ['--memory', '--json', '--arrival', 'none', '--log-level', 'info'];

it('sends a collector the whole way of an update, from its arrival to its callback', async () => {
  const receiver = await openOtlpReceiver();
  const { code, stderr } = await runCli(['ingest', makeFile(UPDATES, 'few.ndjson'), ...RUN], {
    env: {
      ...receiver.env,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'ingot-under-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=lab',
    },
  });
  await receiver.close();
  expect({ code, faults: receiver.faults }).toEqual({ code: 0, faults: [] });
  const spans = receiver.spans();
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const only = (name: string, within?: ReceivedSpan): ReceivedSpan => {
    const found = spans.filter(
      (span) => span.name === name && (!within || span.parentSpanId === within.spanId),
    );
    const [span] = found;
    if (!span || found.length > 1) throw new Error(`${found.length} spans ${name}`);
    return span;
  };
  const linked = (span: ReceivedSpan) => span.links.map(({ spanId }) => byId.get(spanId)?.name);

  const run = only('run');
  const batch = only('batch');
  expect(run.parentSpanId).toBe('');
  expect(batch).toMatchObject({
    parentSpanId: '',
    attributes: {
      'ingot.run_id': '1',
      'ingot.updates.indexed': '3',
      'ingot.updates.rejected': '1',
      'ingot.callbacks.cancelled': '1',
    },
  });
  expect(linked(batch)).toEqual(['run']);

  // Every statement is in the trace, with the database thread's work and its own time.
  const steps = [
    ['find_known_accounts', only('classify', batch)],
    ['copy_updates', only('store', batch)],
    ['add_accounts', only('store', batch)],
    ['insert_rejects', only('store', batch)],
    ['save_run_progress', only('store', batch)],
    ['commit', batch],
  ] as const;
  for (const [name, step] of steps) {
    const statement = only(name, step);
    expect(statement).toMatchObject({
      kind: 'SPAN_KIND_CLIENT',
      traceId: batch.traceId,
      attributes: { 'db.system.name': 'postgresql', 'db.query.summary': name },
    });
    const thread = only(`execute ${name}`, statement);
    expect(thread.startNano).toBeGreaterThanOrEqual(statement.startNano);
    expect(thread.endNano).toBeGreaterThan(thread.startNano);
    expect(thread.endNano).toBeLessThanOrEqual(statement.endNano);
  }

  const claim = only('claim');
  only('execute settle_callbacks', only('settle_callbacks', claim));
  const fired = spans.filter(({ name }) => name === 'callback fired');
  expect(fired.map(({ attributes }) => attributes['ingot.account.id']).toSorted()).toEqual([
    'first',
    'second',
  ]);
  for (const callback of fired) {
    expect(callback).toMatchObject({ traceId: batch.traceId, parentSpanId: batch.spanId });
    expect(linked(callback)).toEqual(['claim']);
    expect(callback.startNano).toBeGreaterThan(batch.startNano);
  }
  expect(only('callback cancelled', batch).attributes).toMatchObject({ 'ingot.superseded_by': '2' });
  expect(linked(claim)).toContain('batch');

  expect(spans.filter(({ parentSpanId }) => parentSpanId !== '' && !byId.has(parentSpanId))).toEqual([]);
  expect(run.resource).toMatchObject({
    'service.name': 'ingot-under-test',
    'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
    'deployment.environment.name': 'lab',
    'ingot.shell': 'cli',
  });
  // Neither the content of an update nor the command line is sent.
  const sent = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  expect(sent).not.toMatch(/geheimnis|7770777|--memory/);
  expect(stderr).not.toContain('collector');
  // The log leads to the trace.
  const started = stderr.split('\n').find((line) => line.includes('run started'));
  expect(JSON.parse(started ?? '{}')).toMatchObject({ trace_id: run.traceId, span_id: run.spanId });
});

it('does its work and ends, with one word about it, when the collector takes spans and never answers', async () => {
  const receiver = await openOtlpReceiver({ answers: false });
  const { code, stderr, lines } = await runCli(['ingest', makeFile(UPDATES, 'few.ndjson'), ...RUN], {
    env: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces`,
      // Without its own limit the program would wait for an hour.
      OTEL_EXPORTER_OTLP_TIMEOUT: '3600000',
      OTEL_BSP_EXPORT_TIMEOUT: '3600000',
      OTEL_BSP_SCHEDULE_DELAY: '1',
    },
  });
  // The default protocol.
  expect(new Set(receiver.requests)).toEqual(new Set(['application/x-protobuf']));
  await receiver.close();
  expect(code).toBe(0);
  expect(eventsOf(lines, 'fired')).toHaveLength(2);
  expect(eventsOf(lines, 'summary')).toHaveLength(1);
  expect(stderr.match(/do not reach their collector/g)).toHaveLength(1);
});
