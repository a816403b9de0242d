import { useCallback } from 'react';
import type { Reading } from '../../src-shared/mapping';
import { useResource } from './use-resource';
import { useModel } from './window-context';

/**
 * How the source of a run was read, in parts of a sentence; null if it held Ingot's own updates, or while that is not known.
 * @param fieldMap of the run: the name of the mapping if the source was recognised.
 */
export function useRunReading(reading: Reading | null, fieldMap: string | null): readonly string[] | null {
  const { client } = useModel();
  const load = useCallback(async () => {
    const [mappings, words] = await Promise.all([
      client.call('mappings.list', {}),
      import('../stores/reading-words'),
    ]);
    return { ...mappings, ...words };
  }, [client]);
  const { value } = useResource(load, []);
  if (reading === null || value === null) return null;
  const { mapping } = reading;
  const name = mapping === null ? fieldMap : typeof mapping === 'string' ? mapping : mapping.name;
  const known = value.known.find((format) => format.name === name);
  if (mapping === null && known === undefined) return null;
  return [known?.title ?? `mapping ${name}`, ...value.describeReading(reading)];
}
