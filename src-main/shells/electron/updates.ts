import { IngotError } from '../../../src-shared/errors';
import type { Clock } from '../../time/clock';

/** As electron-builder writes it beside the packages. What else the feed says is not used: nothing is downloaded. */
const VERSION_LINE = /^version: *(\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[\w.]{1,32})?) *$/m;
const MOST_BYTES = 64 * 1024;
const LONGEST_ANSWER_MS = 20_000;

/** The file of the feed that tells the version for this system. */
export function feedFileOf(feed: string, platform: NodeJS.Platform, arch: string): URL {
  const names: Partial<Record<NodeJS.Platform, string>> = { win32: 'latest.yml', darwin: 'latest-mac.yml' };
  const name = names[platform] ?? `latest-linux${arch === 'x64' ? '' : `-${arch}`}.yml`;
  return new URL(name, feed.endsWith('/') ? feed : `${feed}/`);
}

/**
 * Asks the feed which version there is.
 * @returns null if it is not newer than `version`.
 * @throws IngotError `not_found` if the feed cannot be read.
 */
export async function findUpdate(file: URL, version: string, clock: Clock): Promise<string | null> {
  const late = new AbortController();
  const alarm = clock.setAlarm(clock.now() + LONGEST_ANSWER_MS, () => late.abort());
  try {
    const response = await fetch(file, { signal: late.signal, redirect: 'error' });
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of response.body) {
      bytes += part.byteLength;
      if (bytes > MOST_BYTES) throw new Error('it is no feed of versions');
      parts.push(Buffer.from(part));
    }
    const found = VERSION_LINE.exec(Buffer.concat(parts).toString('utf8'))?.[1];
    if (found === undefined) throw new Error('it is no feed of versions');
    return isNewer(found, version) ? found : null;
  } catch (error) {
    throw new IngotError(
      'not_found',
      `The update feed ${file.origin} could not be read.`,
      { hint: 'Check the network, and the setting updateFeed.' },
      error,
    );
  } finally {
    alarm.clear();
  }
}

/** By semantic versions: numbers first, and a release after its own pre-releases. */
function isNewer(found: string, present: string): boolean {
  const split = (version: string) => {
    const [numbers = '', ...before] = version.split('-');
    return { numbers, before: before.join('-') };
  };
  const [a, b] = [split(found), split(present)];
  const compare = (x: string, y: string) => x.localeCompare(y, 'en', { numeric: true });
  const order = compare(a.numbers, b.numbers);
  if (order !== 0) return order > 0;
  if (a.before === '' || b.before === '') return a.before === '' && b.before !== '';
  return compare(a.before, b.before) > 0;
}
