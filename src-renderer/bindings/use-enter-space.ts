import { useCallback } from 'react';
import { useModel, useWindow } from './window-context';

/** Shows another space in the whole window; null: main. What the address names of the old one is left out. */
export function useEnterSpace(): (name: string | null) => void {
  const { client, database, fail } = useModel();
  const { address } = useWindow();
  return useCallback(
    (name) => {
      address.go({ at: null, inspect: null, shown: null, against: null, detail: null });
      client.call('database.enterSpace', { name }).then(database.put, fail);
    },
    [client, database, fail, address],
  );
}
