import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src-shared/events';
import { formatEventText } from './event-text';

const id = '6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz';
const stamp = (at: number) => ({ runId: '4', at, wallMs: null });
const cancelled = {
  event: 'cancelled',
  ...stamp(500),
  callbackRunId: '4',
  id,
  version: '5',
  supersededBy: null,
  skipped: false,
} as const;
const piped = { colors: pc.createColors(false), shortIds: false, underWay: '4' };
const terminal = { colors: pc.createColors(true), shortIds: true, underWay: '4' };
const account = { id, accountType: 'mint', tokens: '243', version: '5', data: '{}' };

describe('an event as text', () => {
  it.each<[RunEvent, string]>([
    [
      {
        event: 'indexed',
        ...stamp(500),
        record: 0,
        id,
        version: '5',
        accountType: 'mint',
        tokens: '243',
        dueMs: 1,
      },
      `00:00.500  indexed    ${id}  v5    mint, 243 tokens`,
    ],
    [
      {
        event: 'stale',
        ...stamp(500),
        record: 1,
        id,
        version: '4',
        latest: '5',
        accountType: 'mint',
        tokens: '1',
      },
      `00:00.500  stale      ${id}  v4    latest is v5`,
    ],
    [
      { event: 'duplicate', ...stamp(500), record: 1, id, version: '5', accountType: 'mint', tokens: '1' },
      `00:00.500  duplicate  ${id}  v5`,
    ],
    [
      { event: 'conflict', ...stamp(500), record: 1, id, version: '5', accountType: 'mint', tokens: '1' },
      `00:00.500  conflict   ${id}  v5    other content than before: kept the first`,
    ],
    [
      { event: 'rejected', ...stamp(500), record: 97, reason: 'version: required' },
      '00:00.500  rejected   record 97: version: required',
    ],
    [{ ...cancelled, supersededBy: '12:7' }, `00:00.500  cancelled  ${id}  v5    superseded by v12:7`],
    [cancelled, `00:00.500  cancelled  ${id}  v5    by hand`],
    [{ ...cancelled, skipped: true }, `00:00.500  cancelled  ${id}  v5    skipped (overdue)`],
    [{ ...cancelled, runId: '3' }, `00:00.500  cancelled  ${id}  v5    by hand  of run 3`],
    [
      {
        event: 'fired',
        ...stamp(3_661_500),
        id,
        version: '5',
        late: false,
        byHand: false,
        latenessMs: 1,
        account,
      },
      `1:01:01.500  fired      ${id}  v5    mint, 243 tokens`,
    ],
    [
      { event: 'fired', ...stamp(0), id, version: '5', late: true, byHand: false, latenessMs: 1, account },
      `00:00.000  fired      ${id}  v5    late, mint, 243 tokens`,
    ],
  ])('is one plain line with its whole id when piped: %#', (event, line) => {
    expect(formatEventText(event, piped)).toBe(line);
  });

  it('is coloured and has a short id on a terminal', () => {
    const event: RunEvent = {
      event: 'duplicate',
      ...stamp(500),
      record: 1,
      id,
      version: '5',
      accountType: 'mint',
      tokens: '1',
    };
    const line = formatEventText(event, terminal) ?? '';
    expect(line).toContain('6BhkGC…yZFoz');
    expect(line).toContain('\u001b[');
  });

  it('shows control characters of a source instead of obeying them', () => {
    const evil = 'a\u001b[2J\n\u202eb';
    for (const event of [
      {
        event: 'duplicate',
        ...stamp(0),
        record: 1,
        id: evil,
        version: '5',
        accountType: 'mint',
        tokens: '1',
      },
      { event: 'rejected', ...stamp(0), record: 1, reason: evil },
      {
        event: 'fired',
        ...stamp(0),
        id: 'a',
        version: '5',
        late: false,
        byHand: false,
        latenessMs: 0,
        account: { ...account, accountType: evil },
      },
    ] satisfies RunEvent[]) {
      expect(formatEventText(event, piped)).toContain('a\\u{1b}[2J\\u{a}\\u{202e}b');
    }
  });

  it('leaves report and summary to their own place', () => {
    expect(
      formatEventText({ event: 'report', ...stamp(0), types: [], moreTypes: false, complete: true }, piped),
    ).toBeUndefined();
  });
});
