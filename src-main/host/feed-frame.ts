import { type FeedEvent, type FeedStats, MAX_EVENTS_PER_FRAME } from '../../src-shared/feed';

/** Few, and each says something that nothing later repeats: never left out of a frame. */
const KEPT_EVENTS: ReadonlySet<FeedEvent['event']> = new Set([
  'run',
  'database',
  'notice',
  'report',
  'summary',
]);

/**
 * At most `MAX_EVENTS_PER_FRAME` of `events`, in order: all that must not be left out, then the newest.
 * Only if there are more of the former than fit do the oldest of them go as well.
 */
export function pickEvents(events: readonly FeedEvent[]): readonly FeedEvent[] {
  if (events.length <= MAX_EVENTS_PER_FRAME) return events;
  const kept = events.filter(({ event }) => KEPT_EVENTS.has(event)).slice(-MAX_EVENTS_PER_FRAME);
  let room = MAX_EVENTS_PER_FRAME - kept.length;
  const picked = new Set(kept.map(({ seq }) => seq));
  for (let index = events.length - 1; index >= 0 && room > 0; index -= 1) {
    const event = events[index];
    if (!event || picked.has(event.seq)) continue;
    picked.add(event.seq);
    room -= 1;
  }
  return events.filter(({ seq }) => picked.has(seq));
}

/** Of the callbacks that fired by themselves among `events`, those left out of a frame included; null if there is none. */
export function latenessOf(events: readonly FeedEvent[]): FeedStats['latenessMs'] {
  const values: number[] = [];
  for (const event of events) if (event.event === 'fired' && !event.byHand) values.push(event.latenessMs);
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) };
}

/** The smallest value that at least `share` of all do not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}
