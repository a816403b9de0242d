import { describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { createLogger, type LoggerOptions } from './logger';

async function openLog(options: Omit<LoggerOptions, 'destination'>) {
  const lines: string[] = [];
  const logger = await createLogger({ ...options, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines };
}

describe('the logger', () => {
  it('writes one JSON object a line, with the level by name and without host or process', async () => {
    const { logger, lines } = await openLog({ level: 'info', pretty: false });
    logger.info({ run: '7' }, 'the run began');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    const { time, ...entry } = JSON.parse(lines[0] ?? '');
    expect(entry).toEqual({ level: 'info', run: '7', msg: 'the run began' });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('leaves out what is below its level', async () => {
    const { logger, lines } = await openLog({ level: 'warn', pretty: false });
    logger.info('not this');
    logger.warn('but this');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['but this']);
  });

  it('says nothing at all when silent', async () => {
    const { logger, lines } = await openLog({ level: 'silent', pretty: false });
    logger.fatal('gone');
    expect(lines).toEqual([]);
  });

  it('adds the fields of a child to each entry', async () => {
    const { logger, lines } = await openLog({ level: 'info', pretty: false });
    logger.child({ room: 'callbacks' }).info('armed');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ room: 'callbacks', msg: 'armed' });
  });

  it("keeps an error's code, details and stack", async () => {
    const { logger, lines } = await openLog({ level: 'info', pretty: false });
    logger.error({ err: new IngotError('database_error', 'refused', { sqlstate: '23505' }) }, 'no luck');
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      message: 'refused',
      code: 'database_error',
      details: { sqlstate: '23505' },
      stack: expect.stringContaining('logger.test'),
    });
  });

  it('writes plain lines for a person when asked to', async () => {
    const { logger, lines } = await openLog({ level: 'info', pretty: true, colors: false });
    logger.warn({ pending: 3 }, 'callbacks wait');
    expect(lines).toEqual([
      expect.stringMatching(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: callbacks wait .*3.*\n$/),
    ]);
  });
});
