import { useCallback } from 'react';
import type { Reading } from '../../src-shared/mapping';
import { describeReading } from '../stores/reading';
import { useResource } from './use-resource';
import { useModel } from './window-context';

/**
 * How the source of a run was read, in parts of a sentence; null if it held Ingot's own updates, or while that is not known.
 * @param fieldMap of the run: the name of the mapping if the source was recognised.
 */
export function useRunReading(reading: Reading | null, fieldMap: string | null): readonly string[] | null {
  const { client } = useModel();
  const load = useCallback(() => client.call('mappings.list', {}), [client]);
  const { value: mappings } = useResource(load, []);
  if (reading === null || mappings === null) return null;
  const { mapping } = reading;
  const name = mapping === null ? fieldMap : typeof mapping === 'string' ? mapping : mapping.name;
  const known = mappings.known.find((format) => format.name === name);
  if (mapping === null && known === undefined) return null;
  return [known?.title ?? `mapping ${name}`, ...describeReading(reading)];
}
