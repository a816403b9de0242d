import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** Ids as hexadecimal digits, whole numbers as text, times in nanoseconds. */
const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((pairs) => {
    const plainOf = ([value]: unknown[]) => (Number.isInteger(value) ? String(value) : value);
    return Object.fromEntries(pairs.map(({ key, value }) => [key, plainOf(Object.values(value))]));
  });
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const FAILED = 2;
const spanSchema = z.object({
  traceId: z.string().length(32),
  spanId: z.string().length(16),
  /** Empty for the root of a trace. */
  parentSpanId: z.string().default(''),
  name: z.string(),
  kind: z.int().transform((kind) => `SPAN_KIND_${KINDS[kind]}`),
  startTimeUnixNano: z.string().transform(BigInt),
  endTimeUnixNano: z.string().transform(BigInt),
  attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
  status: z.object({ code: z.int() }),
});
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** A span as a collector gets it. */
export type ReceivedSpan = ReturnType<typeof spansOf>[number];

function spansOf(body: string) {
  return requestSchema.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano: startNano, endTimeUnixNano: endNano, status, ...span }) => {
        return { ...span, startNano, endNano, failed: status.code === FAILED, resource: resource.attributes };
      }),
    ),
  );
}

/** A collector: receives and parses OTLP over HTTP. */
export interface OtlpReceiver {
  readonly endpoint: string;
  /** Makes a program send its traces here, as JSON. */
  readonly env: Readonly<Record<string, string>>;
  /** All received so far, by start. */
  spans(): readonly ReceivedSpan[];
  /** The content type of each request. */
  readonly requests: readonly (string | undefined)[];
  /** Errors of requests that could not be read. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** @param answers false: accepts requests and never answers. */
export async function openOtlpReceiver({ answers = true } = {}): Promise<OtlpReceiver> {
  const received: ReceivedSpan[] = [];
  const requests: (string | undefined)[] = [];
  const faults: string[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push(headers['content-type']);
    const body = await buffer(request);
    if (!answers) return;
    try {
      if (method !== 'POST' || url !== '/v1/traces') throw new Error(`${method} ${url}`);
      received.push(...spansOf(String(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    } catch (error) {
      faults.push(String(error));
      response.writeHead(400).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    spans: () => received.toSorted((one, other) => Number(one.startNano - other.startNano)),
    requests,
    faults,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
