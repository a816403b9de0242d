import { describe, expect, it } from 'vitest';
import { type Answer, keepAfterFailure, NO_ANSWER } from './answer';

const known: Answer<string> = { value: 'account, version 39', error: null };

describe('an answer of the host', () => {
  it('is kept when it cannot be asked for again', () => {
    const error = { code: 'disconnected', message: 'Ingot is not connected.', details: {} } as const;
    expect(keepAfterFailure(known, error)).toEqual({ value: known.value, error });
  });

  it('is dropped when what it was about is gone', () => {
    const error = { code: 'not_found', message: 'There is no account of that id.', details: {} } as const;
    expect(keepAfterFailure(known, error)).toEqual({ value: null, error });
  });

  it('may be a failure from the beginning', () => {
    const error = { code: 'internal', message: 'Something went wrong.', details: {} } as const;
    expect(keepAfterFailure(NO_ANSWER, error)).toEqual({ value: null, error });
  });
});
