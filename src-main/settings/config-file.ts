import { readFileSync } from 'node:fs';
import { IngotError } from '../../src-shared/errors';

/**
 * The settings in a YAML file, by key, as they stand; empty if the file is not there and need not be.
 * @throws IngotError `invalid_input` if it cannot be read or is not one YAML mapping.
 */
export async function readConfigFile(
  path: string,
  { required }: { readonly required: boolean },
): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (reason === 'ENOENT' && !required) return {};
    throw new IngotError('invalid_input', `The configuration file ${path} cannot be read: ${reason}.`);
  }
  // Loaded only when there is a file: it costs 60 ms.
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split('\n').length;
    throw new IngotError('invalid_input', `${path}, line ${line}: ${fault.message}`);
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases are followed only here: one that stands for nothing, or for too much.
    throw new IngotError(
      'invalid_input',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new IngotError('invalid_input', `${path} must hold settings, one "key: value" a line.`);
  }
  return Object.fromEntries(Object.entries(content));
}
