import { useCallback } from 'react';
import { useWindow } from './window-context';

/** Opens the inspector on a row's account. Changing the account while it is open adds no step for Back. */
export function useInspect(): (row: { readonly id: string }) => void {
  const { address } = useWindow();
  return useCallback(
    (row) => address.go({ inspect: row.id }, address.store.getState().inspect === null ? 'push' : 'replace'),
    [address],
  );
}
