import { IngotError } from '../../src-shared/errors';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../src-shared/wire';

/** Of Anchor and Codama: nothing of them is read to decode an account, and most of an IDL is that. */
const UNUSED = ['instructions', 'events', 'errors', 'constants', 'pdas', 'docs'];
/** The rest of the message is short. */
const MOST_BYTES = MAX_CLIENT_MESSAGE_BYTES - 4 * 1024;

/**
 * An IDL as it is sent to the host: what decodes accounts, and the name of its file as the host keeps it.
 * @throws IngotError `invalid_input` if it is not JSON, or too long even so.
 */
export function readIdlFile(
  fileName: string,
  text: string,
): { readonly name: string; readonly text: string } {
  const name = fileName
    .replace(/\.json$/i, '')
    .replace(/[^\w.-]/g, '-')
    .replace(/^\.+/, '')
    .slice(0, 100);
  let short: string;
  try {
    const idl: unknown = JSON.parse(text, (key, value) =>
      UNUSED.includes(key) && Array.isArray(value) ? [] : value,
    );
    short = JSON.stringify(idl);
  } catch (error) {
    throw new IngotError('invalid_input', `${fileName} is not JSON.`, {}, error);
  }
  // As a text within a message it is longer.
  if (new Blob([JSON.stringify(short)]).size > MOST_BYTES) {
    throw new IngotError('invalid_input', `${fileName} describes too much for a window.`, {
      hint: 'Start Ingot with --idl FILE.',
    });
  }
  return { name: name === '' ? 'idl' : name, text: short };
}
