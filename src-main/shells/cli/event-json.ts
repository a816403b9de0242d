import type { RunEvent } from '../../../src-shared/events';
import type { EngineEvent } from '../../../src-shared/feed';
import { formatLeadersJson } from '../../../src-shared/leaders-json';
import type { Skipped } from '../../../src-shared/mapping';
import type { Account, JsonText } from '../../../src-shared/update';

/**
 * One event as the line that others script against: exactly these keys in this order, 64-bit integers
 * as strings. Undefined for events that are not part of that promise.
 *
 * @param underWay The run whose lines these are. An event of another run, on whose clock its `at` is, also has that
 *   run's id, as `run`.
 */
export function formatEventJson(event: EngineEvent, underWay: string | null): string | undefined {
  const line = formatOwn(event);
  if (line === undefined || !('runId' in event) || event.runId === underWay) return line;
  return `${line.slice(0, -1)},"run":${JSON.stringify(event.runId)}}`;
}

function formatOwn(event: EngineEvent): string | undefined {
  switch (event.event) {
    case 'indexed': {
      const { at, record, id, version, accountType, tokens } = event;
      return line(event, { at, record, id, version, accountType, tokens });
    }
    case 'stale': {
      const { at, record, id, version, latest } = event;
      return line(event, { at, record, id, version, latest });
    }
    case 'duplicate':
    case 'conflict': {
      const { at, record, id, version } = event;
      return line(event, { at, record, id, version });
    }
    case 'rejected': {
      const { at, record, reason } = event;
      return line(event, { at, record, reason });
    }
    case 'cancelled': {
      const { at, id, version, supersededBy, deadSlot } = event;
      return line(event, { at, id, version, supersededBy, ...(deadSlot !== undefined && { deadSlot }) });
    }
    case 'retracted': {
      const { at, slot, accounts } = event;
      return line(event, { at, slot, accounts });
    }
    case 'fired': {
      const { at, id, version, late } = event;
      const head = line(event, { at, id, version, late });
      return `${head.slice(0, -1)},"account":${formatAccountJson(event.account)}}`;
    }
    case 'report': {
      const { types, moreTypes, complete } = event;
      const rest = JSON.stringify({ moreTypes, complete }).slice(1);
      return `{"event":"report",${formatLeadersJson(types)},${rest}`;
    }
    case 'summary': {
      const { records, indexed, stale, duplicate, conflict, rejected, fired, cancelled, pending } =
        event.counts;
      return line(event, {
        records,
        indexed,
        stale,
        duplicate,
        conflict,
        rejected,
        fired,
        cancelled,
        pending,
        ...(event.skipped?.length && { skipped: toNumbers(event.skipped) }),
        complete: event.complete,
      });
    }
    case 'connection': {
      const { run, state, retryAtMs, losses, lastLoss } = event.status;
      const { runId, source, failure } = run;
      return JSON.stringify({
        event: 'connection',
        run: runId,
        source,
        state,
        retryAtMs,
        losses,
        lastLoss,
        failure,
      });
    }
    case 'gap': {
      const { runId, fromSlot, toSlot, reason, until } = event.range;
      return JSON.stringify({ event: 'gap', run: runId, at: until.at, fromSlot, toSlot, reason });
    }
    case 'retention': {
      const { floor, removed } = event.info;
      return JSON.stringify({
        event: 'retention',
        updates: event.updates,
        before: floor?.moment ?? null,
        removed,
      });
    }
    case 'run':
    case 'database':
    case 'notice':
      return undefined;
  }
}

/** `{"ping": 3}` */
const toNumbers = (skipped: readonly Skipped[]) =>
  Object.fromEntries(skipped.map(({ name, records }) => [name, records]));

/** A copy of the fields with the name in front took longer to print than the fields. */
function line({ event }: RunEvent, fields: object): string {
  return `{"event":"${event}",${JSON.stringify(fields).slice(1)}`;
}

/** `data` goes in as its own text: parsed and printed again, its large numbers would change. */
function formatAccountJson({ id, accountType, tokens, version, data }: Account): string {
  const head = JSON.stringify({ id, accountType, tokens, version });
  return `${head.slice(0, -1)},"data":${toOneLine(data)}}`;
}

/** A line break inside JSON text is layout, never content: strings write theirs as `\n`. */
function toOneLine(text: JsonText): JsonText {
  return text.replace(/[\r\n]+/g, ' ');
}
