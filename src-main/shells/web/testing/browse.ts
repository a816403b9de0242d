import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import WebSocket from 'ws';
import { createTestClient, type TestClient } from '../../../host/testing/test-client';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request with exactly these headers, which `fetch` does not allow. */
export function ask(address: string, options: RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(address, options, async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      } catch (error) {
        reject(error);
      }
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Redeems a printed address; returns the value of the `Cookie` header. */
export async function openSession(address: string): Promise<string> {
  const answer = await ask(address);
  const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
  if (!cookie) throw new Error(`no session was opened: ${answer.status} ${answer.body}`);
  return cookie;
}

export interface OpenSocket {
  readonly client: TestClient;
  readonly socket: WebSocket;
  /** Resolves with the socket's close code. */
  readonly closed: Promise<number>;
}

/** A WebSocket as the window's page opens it. */
export async function openSocket(origin: string, headers: Record<string, string>): Promise<OpenSocket> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, { headers });
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
  const client = createTestClient((message) => socket.send(JSON.stringify(message)));
  // The first message says which process answers.
  socket.once('message', () => socket.on('message', (data) => client.receive(JSON.parse(String(data)))));
  await once(socket, 'open');
  return { client, socket, closed };
}
