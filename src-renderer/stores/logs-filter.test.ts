import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src-shared/logs';
import { componentsOf, filterEntries, NO_LOGS_FILTER, summarise, toLine } from './logs-filter';

const entry = (changes: Partial<LogEntry>): LogEntry => ({
  seq: 1,
  timeMs: 0,
  level: 'info',
  component: 'engine',
  message: 'run started',
  fields: '{"runId":"7"}',
  ...changes,
});
const entries = [
  entry({ seq: 1 }),
  entry({ seq: 2, level: 'warn', message: 'Something to look at' }),
  entry({ seq: 3, level: 'error', component: 'database', fields: '{"err":{"code":"disk_full"}}' }),
  entry({ seq: 4, level: 'debug', component: null, message: 'small talk' }),
];
const shown = (filter: Partial<typeof NO_LOGS_FILTER>) =>
  filterEntries(entries, { ...NO_LOGS_FILTER, ...filter }).map(({ seq }) => seq);

describe('the filter of the log', () => {
  it('without a wish gives the same list, not a copy', () => {
    expect(filterEntries(entries, NO_LOGS_FILTER)).toBe(entries);
  });

  it('shows a level and those above', () => {
    expect(shown({ level: 'info' })).toEqual([1, 2, 3]);
    expect(shown({ level: 'error' })).toEqual([3]);
  });

  it('shows components; entries of none are left out then', () => {
    expect(shown({ components: ['engine'] })).toEqual([1, 2]);
    expect(componentsOf(entries)).toEqual(['database', 'engine']);
  });

  it('finds text in sentences, fields and components, in any case', () => {
    expect(shown({ text: 'LOOK' })).toEqual([2]);
    expect(shown({ text: 'disk_full' })).toEqual([3]);
    expect(shown({ text: ' engine ' })).toEqual([1, 2]);
  });
});

describe('an entry', () => {
  it('is copied as the line that stands in the files', () => {
    expect(toLine(entry({}))).toBe(
      '{"level":"info","time":"1970-01-01T00:00:00.000Z","component":"engine","runId":"7","msg":"run started"}',
    );
    expect(toLine(entry({ component: null, fields: '{}' }))).toBe(
      '{"level":"info","time":"1970-01-01T00:00:00.000Z","msg":"run started"}',
    );
  });

  it('is told in short by its fields, an error by its message', () => {
    expect(summarise('{"runId":"7","records":1000,"delay":{"fromMs":0}}')).toBe(
      'runId=7 records=1000 delay={"fromMs":0}',
    );
    expect(summarise('{"err":{"message":"refused","stack":"at"}}')).toBe('err=refused');
  });
});
