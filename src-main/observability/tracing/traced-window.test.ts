import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { createTraceparent } from '../../../src-renderer/transport/traceparent';
import { createTestClient } from '../../host/testing/test-client';
import { makeFolder, ROOT, SHORT_LIVED } from '../../shells/cli/testing/run-cli';
import { openSession, openSocket } from '../../shells/web/testing/browse';
import { openOtlpReceiver } from './testing/otlp-receiver';

it("carries the window's trace over its socket to the run that a call begins, and sends the last when it is ended", async ({
  skip,
}) => {
  skip(process.platform === 'win32', 'a signal ends a program at once on Windows');
  const receiver = await openOtlpReceiver();
  const web = join(ROOT, 'out/main/web.js');
  const program = spawn(process.execPath, [...SHORT_LIVED, web, '--memory', '--no-open'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Nothing would be sent for an hour.
    env: {
      ...process.env,
      HOME: makeFolder(),
      ...receiver.env,
      OTEL_BSP_SCHEDULE_DELAY: '3600000',
    },
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  const exit = once(program, 'exit');
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  const { origin } = new URL(line.slice('listening '.length));
  const cookie = await openSession(line.slice('listening '.length));
  const { client, socket } = await openSocket(origin, { origin, cookie });

  const traces: string[] = [];
  const traced = createTestClient((message) => {
    const traceparent = createTraceparent();
    traces.push(traceparent);
    socket.send(JSON.stringify({ ...message, traceparent }));
  });
  socket.on('message', (data) => traced.receive(JSON.parse(String(data))));
  client.subscribe(null);
  expect(await traced.call('app.info', {})).toMatchObject({ tracing: true });
  const settings = { arrival: 'none', speed: 1_000_000 } as const;
  await traced.call('run.start', { source: { kind: 'sample' }, settings });
  await client.untilFrame(({ status }) => status?.state === 'completed');
  program.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
  await receiver.close();

  const [, traceId, spanId] = (traces[1] ?? '').split('-');
  expect(receiver.faults).toEqual([]);
  const spans = receiver.spans();
  const named = (name: string) => spans.find((span) => span.name === name);
  const call = named('call run.start');
  const run = named('run');
  expect(named('window run.start')).toMatchObject({ traceId, spanId, parentSpanId: '' });
  expect(call).toMatchObject({ traceId, parentSpanId: spanId, kind: 'SPAN_KIND_SERVER' });
  expect(run).toMatchObject({ traceId, parentSpanId: call?.spanId, resource: { 'ingot.shell': 'web' } });
  expect(named('batch')).toMatchObject({ links: [{ traceId, spanId: run?.spanId }] });
  // All spans arrived at the end, and belong together.
  const ids = new Set(spans.map((span) => span.spanId));
  expect(spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId))).toEqual([]);
});
