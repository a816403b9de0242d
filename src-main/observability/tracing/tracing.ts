import { unobserved } from '../observer';
import type { Tracing, TracingOptions } from './start-tracing';

export const untraced: Tracing = { observer: unobserved, thread: undefined, close: async () => {} };

type Variables = Readonly<Record<string, string | undefined>>;

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/** Whether the standard variables name a collector, and none of them turns tracing off. */
export function isTracingAskedFor(variables: Variables): boolean {
  if (!ENDPOINTS.some((name) => variables[name]?.trim())) return false;
  if (variables.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  return variables.OTEL_TRACES_EXPORTER?.trim() !== 'none';
}

/** `localhost:4318` is a URL as well: its scheme is `localhost:`. */
function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * Starts tracing if the environment asks for it; else OpenTelemetry's SDK is not loaded, which takes a quarter of a
 * second and 20 MB. Never rejects: a program that cannot be traced still does its work.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  if (!isTracingAskedFor(process.env)) return untraced;
  const { logger } = options;
  // The SDK would send to its default endpoint, whatever listens there.
  const unusable = ENDPOINTS.find((name) => {
    const endpoint = process.env[name]?.trim();
    return endpoint && !isHttpUrl(endpoint);
  });
  if (unusable) {
    logger.warn(
      { variable: unusable },
      'no traces are sent: the collector must be named as a URL, such as http://localhost:4318',
    );
    return untraced;
  }
  try {
    const { startTracing } = await import('./start-tracing');
    return startTracing(options);
  } catch (error) {
    logger.warn({ err: error }, 'tracing could not be started; continuing without');
    return untraced;
  }
}
