import { describe, expect, it } from 'vitest';
import { contract, type Handlers } from '../../src-shared/contract';
import { IngotError, toWireError } from '../../src-shared/errors';
import type { Observer } from '../observability/observer';
import { createDispatcher } from './dispatch';
import { recordingLogger } from './testing/recording-logger';

/** Every method, each refusing with its own name; a test replaces those that it looks at. */
function handlersWith(handlers: Partial<Handlers>): Handlers {
  const refuse = (method: string) => async () => {
    throw new IngotError('conflict', method);
  };
  const refusing = Object.keys(contract).map((method) => [method, refuse(method)]);
  return { ...Object.fromEntries(refusing), ...handlers };
}

function dispatcherWith(handlers: Partial<Handlers>) {
  const { logger, entries } = recordingLogger();
  return { dispatch: createDispatcher(handlersWith(handlers), logger), entries };
}

describe('the dispatcher', () => {
  it('gives a handler checked parameters, defaults filled in, and its answer back', async () => {
    const seen: unknown[] = [];
    const { dispatch } = dispatcherWith({
      'run.start': async (params) => {
        seen.push(params);
        throw new IngotError('conflict', 'seen');
      },
      'callbacks.counts': async () => ({ pending: 1, fired: 2, cancelled: 3, paused: false }),
    });
    await expect(dispatch('callbacks.counts', {})).resolves.toEqual({
      pending: 1,
      fired: 2,
      cancelled: 3,
      paused: false,
    });
    await expect(
      dispatch('run.start', { source: { kind: 'sample' }, settings: { speed: 5 } }),
    ).rejects.toThrow('seen');
    expect(seen).toMatchObject([
      { settings: { speed: 5, arrival: 'sequential', delay: { fromMs: 0, toMs: 1000 } } },
    ]);
  });

  it.each([
    ['an unknown method', 'accounts.drop', {}],
    ['a name that every object has', 'constructor', {}],
    ['a parameter of the wrong type', 'accounts.get', { id: 5 }],
    ['a parameter that is not there', 'accounts.get', {}],
    ['a parameter too many', 'run.stop', { force: true }],
    ['a number beyond 64 bits', 'callbacks.fire', { id: 'a', version: '18446744073709551616' }],
    ['a word that was not typed', 'database.reset', { confirm: 'yes' }],
  ])('refuses %s without calling a handler', async (_, method, params) => {
    const { dispatch } = dispatcherWith({});
    await expect(dispatch(method, params)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('names the parameter that is wrong', async () => {
    const { dispatch } = dispatcherWith({});
    await expect(dispatch('accounts.get', { id: '' })).rejects.toThrow('accounts.get, id');
  });

  it('is looked on at by method and trace, parameters left out', async () => {
    const seen: unknown[] = [];
    const observer: Observer = {
      around: (work, attributes, doIt) => {
        seen.push([work, attributes]);
        return doIt();
      },
    };
    const { logger } = recordingLogger();
    const dispatch = createDispatcher(handlersWith({}), logger, observer);
    const traceparent = 'as the client wrote it';
    await expect(dispatch('accounts.get', { id: 'secret' }, traceparent)).rejects.toThrow('accounts.get');
    await expect(dispatch('accounts.get', { id: 'secret' })).rejects.toThrow('accounts.get');
    expect(seen).toEqual([
      ['call', { method: 'accounts.get', traceparent }],
      ['call', { method: 'accounts.get' }],
    ]);
  });

  it('logs what fails inside, and says nothing of it on the wire', async () => {
    const { dispatch, entries } = dispatcherWith({
      'run.status': async () => {
        throw new TypeError('secret of the house');
      },
    });
    const error = await dispatch('run.status', {}).catch((reason: unknown) => reason);
    expect(toWireError(error)).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(toWireError(error))).not.toContain('secret');
    expect(entries.filter(({ level }) => level !== 'debug')).toMatchObject([
      { level: 'error', fields: { method: 'run.status', err: error } },
    ]);
  });

  it('logs calls, and what is refused by design, for debugging alone', async () => {
    const { dispatch, entries } = dispatcherWith({});
    await expect(dispatch('run.stop', {})).rejects.toMatchObject({ code: 'conflict' });
    expect(entries).toMatchObject([
      { level: 'debug', fields: { method: 'run.stop' } },
      { level: 'debug', fields: { method: 'run.stop', code: 'conflict' } },
    ]);
  });

  it('does not fill the log with looks at the log', async () => {
    const { dispatch, entries } = dispatcherWith({});
    await dispatch('logs.info', {}).catch(() => undefined);
    expect(entries.filter(({ message }) => message === 'a client calls')).toEqual([]);
  });
});
