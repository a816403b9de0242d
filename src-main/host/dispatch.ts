import type { z } from 'zod';
import { contract, type Handlers, type MethodName } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { Logger } from '../observability/logger';
import { type Observer, unobserved } from '../observability/observer';

/**
 * Runs one call of the contract, in the client's trace if it names one.
 * @throws IngotError `invalid_input` for an unknown method or invalid parameters; the handler's rejection.
 */
export type Dispatch = (method: string, params: unknown, traceparent?: string) => Promise<unknown>;

/** The one way in: every handler gets checked parameters. A method without a handler is refused as an unknown one. */
export function createDispatcher(
  handlers: Partial<Handlers>,
  logger: Logger,
  observer: Observer = unobserved,
): Dispatch {
  return async (method, params, traceparent) => {
    if (!isMethod(method) || !handlers[method])
      throw new IngotError('invalid_input', `There is no method ${printable(method)}.`);
    const attributes = traceparent === undefined ? { method } : { method, traceparent };
    return observer.around('call', attributes, async () => {
      // Reading the log must not fill it.
      if (!method.startsWith('logs.')) logger.debug({ method }, 'a client calls');
      try {
        return await call(handlers, method, params);
      } catch (error) {
        if (!(error instanceof IngotError) || error.code === 'internal') {
          logger.error({ err: error, method }, 'a call failed inside');
        } else {
          logger.debug({ method, code: error.code, reason: error.message }, 'a call was refused');
        }
        throw error;
      }
    });
  };
}

function isMethod(method: string): method is MethodName {
  return Object.hasOwn(contract, method);
}

async function call<Name extends MethodName>(
  handlers: { readonly [Key in Name]?: Handlers[Key] },
  method: Name,
  params: unknown,
) {
  const schema: z.ZodType = contract[method].params;
  const parsed = schema.safeParse(params ?? {});
  if (!parsed.success) throw invalidParams(method, parsed.error);
  // `MethodParams` is defined by the method's schema.
  return handlers[method]?.(parsed.data as Parameters<Handlers[Name]>[0]);
}

function invalidParams(method: string, error: z.ZodError): IngotError {
  const issue = error.issues[0];
  const path = issue?.path.map(String).join('.');
  const where = path ? `${method}, ${path}` : method;
  return new IngotError('invalid_input', `${where}: ${issue?.message ?? 'not valid'}.`, {}, error);
}

/** A client's text, short and without control characters. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
