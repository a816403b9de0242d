import { type AccountLayout, type ProgramLayout, Undecodable } from './compile-program';
import type { Decode, Decoding } from './decoded';

/** @param programs The first one with an address is used. */
export function createDecode(programs: readonly ProgramLayout[]): Decode {
  const byAddress = new Map([...programs].reverse().map((program) => [program.address, program]));
  return (owner, bytes) => {
    if (bytes.length === 0) return null;
    const program = byAddress.get(owner);
    if (!program) return NO_IDL;
    // A part of a Buffer is a view of it: the codecs copy parts of other arrays.
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const failures: string[] = [];
    for (const account of program.accounts) {
      const decoding = decodeAs(program, account, view);
      if (decoding && 'fields' in decoding) return decoding;
      if (decoding) failures.push(decoding.reason);
    }
    return { reason: failures[0] ?? `its bytes look like no account type of ${program.name}` };
  };
}

const NO_IDL: Decoding = { reason: 'no IDL for its program' };

/** Undefined if it does not look like this type. */
function decodeAs(program: ProgramLayout, account: AccountLayout, bytes: Uint8Array): Decoding | undefined {
  try {
    if (!account.matches(bytes)) return undefined;
    return { program: program.name, type: account.type, fields: account.read(bytes) };
  } catch (error) {
    return { reason: `as ${account.type} of ${program.name}: ${describeFailure(error)}` };
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof Undecodable) return error.message;
  if (error instanceof RangeError && /call stack/.test(error.message))
    return 'the type holds itself without end';
  const code = (error as { context?: { __code?: unknown } }).context?.__code;
  if (code === TOO_FEW_BYTES || code === NO_BYTES || error instanceof RangeError) {
    return 'its data ends too early';
  }
  return error instanceof Error ? error.message : String(error);
}

/** Of `@solana/errors`. */
const NO_BYTES = 8078000;
const TOO_FEW_BYTES = 8078001;
