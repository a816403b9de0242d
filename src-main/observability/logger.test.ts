import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { createLogger, type LogLevel } from './logger';

function openLog(level: LogLevel) {
  const lines: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void lines.push(line) } });
  const entries = () => lines.map((line) => JSON.parse(line));
  return { logger, lines, entries };
}

describe('the logger', () => {
  it('writes one JSON object a line, with the level by name and without host or process', () => {
    const { logger, lines } = openLog('info');
    logger.info({ runId: '7' }, 'the run began');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    const { time, ...entry } = JSON.parse(lines[0] ?? '');
    expect(entry).toEqual({ level: 'info', runId: '7', msg: 'the run began' });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('leaves out what is below its level', () => {
    const { logger, entries } = openLog('warn');
    logger.info('not this');
    logger.warn('but this');
    expect(entries().map(({ msg }) => msg)).toEqual(['but this']);
    expect([logger.isLevelEnabled('info'), logger.isLevelEnabled('warn')]).toEqual([false, true]);
  });

  it('says nothing at all when silent', () => {
    const { logger, lines } = openLog('silent');
    logger.fatal('gone');
    expect(lines).toEqual([]);
  });

  it('adds the fields of a child, and of its child, to each entry', () => {
    const { logger, entries } = openLog('info');
    logger.child({ component: 'callbacks' }).child({ runId: '7' }).info('armed');
    expect(entries()[0]).toMatchObject({ component: 'callbacks', runId: '7', msg: 'armed' });
  });

  it('changes the level of children that it has already, and of theirs', () => {
    const { logger, entries } = openLog('info');
    const run = logger.child({ component: 'engine' }).child({ runId: '7' });
    run.debug('not yet');
    logger.setLevel('debug');
    expect(run.isLevelEnabled('debug')).toBe(true);
    run.debug('now');
    logger.setLevel('error');
    run.warn('no more');
    expect(entries().map(({ msg }) => msg)).toEqual(['now']);
  });

  it("keeps an error's code, details and stack", () => {
    const { logger, entries } = openLog('info');
    logger.error({ err: new IngotError('database_error', 'refused', { sqlstate: '23505' }) }, 'no luck');
    expect(entries()[0]?.err).toMatchObject({
      message: 'refused',
      code: 'database_error',
      details: { sqlstate: '23505' },
      stack: expect.stringContaining('logger.test'),
    });
  });
});

describe('of the trace under way the logger', () => {
  afterEach(() => context.disable());

  it('has no trace ids without tracing', () => {
    const { logger, entries } = openLog('info');
    logger.info('untraced');
    expect(Object.keys(entries()[0])).toEqual(['level', 'time', 'msg']);
  });

  it('gives the ids', () => {
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const active: Context = trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(ids));
    context.setGlobalContextManager({
      active: () => active,
      with: (_context, call, receiver, ...args) => call.call(receiver, ...args),
      bind: (_context, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    const { logger, entries } = openLog('info');
    logger.child({ component: 'engine' }).info('traced');
    expect(entries()[0]).toMatchObject({ trace_id: ids.traceId, span_id: ids.spanId });
  });
});
