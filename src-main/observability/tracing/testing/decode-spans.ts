import protobuf from 'protobufjs';
import { z } from 'zod';
import { OTLP_DEFINITIONS } from './otlp-definitions';

/** A span as a collector has it. Ids in hexadecimal digits. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
}

const request = protobuf.parse(OTLP_DEFINITIONS).root.lookupType('ExportTraceServiceRequest');

const bytes = z.instanceof(Uint8Array).transform((id) => Buffer.from(id).toString('hex'));
const nano = z.string().transform(BigInt);
const values = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]])));
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: values }),
      scopeSpans: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          spans: z.array(
            z.object({
              traceId: bytes,
              spanId: bytes,
              parentSpanId: bytes,
              name: z.string(),
              kind: z.string(),
              startTimeUnixNano: nano,
              endTimeUnixNano: nano,
              attributes: values,
              links: z.array(z.object({ traceId: bytes, spanId: bytes })),
              status: z.object({ code: z.string() }).nullable(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/**
 * Reads one export of OTLP over HTTP, protobuf.
 * @throws Error if it is not of the protocol.
 */
export function decodeSpans(body: Uint8Array): readonly ReceivedSpan[] {
  const plain = request.toObject(request.decode(body), { longs: String, enums: String, defaults: true });
  return requestSchema.parse(plain).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, status, ...span }) => ({
        ...span,
        startNano: startTimeUnixNano,
        endNano: endTimeUnixNano,
        failed: status?.code === 'STATUS_CODE_ERROR',
        resource: resource.attributes,
        scope: scope.name,
      })),
    ),
  );
}
