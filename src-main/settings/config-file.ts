import { readFileSync } from 'node:fs';
import { IngotError } from '../../src-shared/errors';

interface ConfigFileUse {
  /** The person named the file, so it must exist. */
  readonly required: boolean;
  /** Called with a sentence if the default file cannot be read. The file is then skipped. */
  readonly warn: (message: string) => void;
}

/**
 * The settings in a YAML file, by key, unchecked; empty if the default file is missing or unreadable.
 * @throws IngotError `invalid_input` if a named file cannot be read, or the file is not one YAML mapping.
 */
export async function readConfigFile(
  path: string,
  { required, warn }: ConfigFileUse,
): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const message = `The configuration file ${path} cannot be read: ${reason}.`;
    if (required) throw new IngotError('invalid_input', message);
    // ENOTDIR: a home such as /dev/null.
    if (reason !== 'ENOENT' && reason !== 'ENOTDIR') warn(`${message} It is skipped.`);
    return {};
  }
  // Loaded on demand: it takes 60 ms.
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
    // Aliases are resolved only here; one may be undefined or expand too far.
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
