import { useCallback } from 'react';
import { useSession } from './session-context';
import { useResource } from './use-resource';

const NO_TYPES: readonly string[] = [];

export function useAccountTypes(): readonly string[] {
  const { client } = useSession();
  const load = useCallback(() => client.call('database.info', {}), [client]);
  return useResource(load, ['runs', 'everything']).value?.accountTypes ?? NO_TYPES;
}
