import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../time/clock';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { feedFileOf, findUpdate } from './updates';

/** Serves on this machine; returns the address of the feed, and what was asked for. */
async function serve(answer: RequestListener): Promise<{ feed: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { feed: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ingot`, asked };
}

const serveVersion = (version: string) =>
  serve((_request, response) => response.end(`version: ${version}\npath: Ingot.AppImage\nsha512: abc\n`));
const ask = async (feed: string, version: string, clock = createSystemClock()) =>
  findUpdate(feedFileOf(feed, 'linux', 'x64'), version, clock);

describe('a check for updates', () => {
  it('asks for one file and for nothing else', async () => {
    const { feed, asked } = await serveVersion('0.2.0');
    expect(await ask(feed, '0.1.0')).toBe('0.2.0');
    expect(asked).toEqual(['GET /ingot/latest-linux.yml']);
  });

  it.each([
    ['0.1.0', '0.1.0', null],
    ['0.10.0', '0.9.0', '0.10.0'],
    ['0.9.9', '0.10.0', null],
    ['1.0.0-beta.2', '1.0.0-beta.10', null],
    ['1.0.0-beta.10', '1.0.0-beta.2', '1.0.0-beta.10'],
    ['1.0.0', '1.0.0-beta.10', '1.0.0'],
    ['1.0.0-beta.1', '1.0.0', null],
  ])('that finds %s tells an app of version %s: %s', async (found, present, told) => {
    const { feed } = await serveVersion(found);
    expect(await ask(feed, present)).toBe(told);
  });

  it.each<[string, RequestListener]>([
    ['is not there', (_request, response) => response.writeHead(404).end()],
    ['sends elsewhere', (_request, response) => response.writeHead(302, { location: '/x' }).end()],
    ['is no feed', (_request, response) => response.end('<html>')],
    ['has an odd version', (_request, response) => response.end('version: "0.2.0<script>"')],
    ['is too long', (_request, response) => response.end(`version: 0.2.0\nnotes: ${'x'.repeat(70_000)}`)],
  ])('of a feed that %s says so', async (_what, answer) => {
    const { feed } = await serve(answer);
    await expect(ask(feed, '0.1.0')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/^The update feed http:\/\/127\.0\.0\.1:\d+ could not be read\.$/),
    });
  });

  it('does not wait for ever', async () => {
    const clock = createVirtualClock();
    const { feed } = await serve(() => void clock.waitUntil(clock.now() + 20_000));
    await expect(ask(feed, '0.1.0', clock)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['linux', 'arm64', 'latest-linux-arm64.yml'],
    ['darwin', 'arm64', 'latest-mac.yml'],
    ['win32', 'x64', 'latest.yml'],
  ] as const)('on %s, %s, reads %s', (platform, arch, name) => {
    expect(feedFileOf('https://example.org/a/', platform, arch).href).toBe(`https://example.org/a/${name}`);
  });
});
