import type { Logger, LogLevel } from '../../observability/logger';

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function recordingLogger(): { readonly logger: Logger; readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const writer =
    (level: LogLevel) =>
    (first: string | Readonly<Record<string, unknown>>, message = '') => {
      entries.push(
        typeof first === 'string' ? { level, message: first, fields: {} } : { level, message, fields: first },
      );
    };
  const logger: Logger = {
    trace: writer('trace'),
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    fatal: writer('fatal'),
    isLevelEnabled: () => true,
    child: () => logger,
  };
  return { logger, entries };
}
