import { useCallback } from 'react';
import { useResource } from './use-resource';
import { useModel } from './window-context';

const NO_TYPES: readonly string[] = [];

export function useAccountTypes(): readonly string[] {
  const { client } = useModel();
  const load = useCallback(() => client.call('database.info', {}), [client]);
  return useResource(load, ['runs', 'everything']).value?.accountTypes ?? NO_TYPES;
}
