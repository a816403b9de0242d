import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeSpans, type ReceivedSpan } from './decode-spans';

/** A collector of its own: takes OTLP over HTTP and decodes what comes. */
export interface OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** All that came so far, in the order of their beginnings. */
  spans(): readonly ReceivedSpan[];
  /** How many requests came, and what was wrong with those that could not be read. */
  readonly requests: () => number;
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** @param answers false: takes requests and never answers. */
export async function openOtlpReceiver({ answers = true } = {}): Promise<OtlpReceiver> {
  const received: ReceivedSpan[] = [];
  const faults: string[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const body = await readBody(request);
    if (!answers) return;
    try {
      if (request.method !== 'POST' || request.url !== '/v1/traces') throw new Error(`${request.url}`);
      if (request.headers['content-type'] !== 'application/x-protobuf') throw new Error('not protobuf');
      received.push(...decodeSpans(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    } catch (error) {
      faults.push(String(error));
      response.writeHead(400).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans: () => received.toSorted((one, other) => Number(one.startNano - other.startNano)),
    requests: () => requests,
    faults,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
