import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Record<string, unknown> & { readonly id: string };
}

/** Answers the request with this number, from 1. To hang, it does nothing. */
export type Behaviour = (response: ServerResponse, number: number, request: Received) => void;

export const accept: Behaviour = (response) => response.writeHead(204).end();
export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, headers).end('sorry');

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  behave(behaviour: Behaviour): void;
  /** Resolves once so many requests have come in all. */
  until(count: number): Promise<void>;
}

/** A real receiver of webhooks. */
export async function openReceiver(first: Behaviour = accept): Promise<Receiver> {
  let behaviour = first;
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const one = { headers: request.headers, body, event: JSON.parse(body) };
      received.push(one);
      behaviour(response, received.length, one);
      for (const wake of [...waiting]) wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    behave(next) {
      behaviour = next;
    },
    until: (count) =>
      new Promise((resolve) => {
        const wake = () => {
          if (received.length < count) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        wake();
      }),
  };
}
