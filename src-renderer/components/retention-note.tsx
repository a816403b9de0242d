import { useCallback } from 'react';
import { countOf } from '../../src-shared/amounts';
import type { RetentionInfo } from '../../src-shared/retention';
import { type Resource, useResource } from '../bindings/use-resource';
import { useModel } from '../bindings/window-context';
import { MomentPoint } from './moments';
import classes from './retention-note.module.css';

/** How long the history is kept, and what was removed. */
export function useRetention(): Resource<RetentionInfo> {
  const { client } = useModel();
  const load = useCallback(() => client.call('retention.get', {}), [client]);
  return useResource(load, ['retention', 'database', 'everything']);
}

/** Says that older versions were removed; nothing if none was. */
export function RetentionNote({ className = classes.note }: { readonly className?: string | undefined }) {
  const { value: info } = useRetention();
  if (info === null || info.floor === null) return null;
  const { removed, floor } = info;
  return (
    <p className={className}>
      {countOf(removed.indexed + removed.stale, 'older version')} removed by retention. The history is whole
      from <MomentPoint moment={floor.moment} /> on.
    </p>
  );
}
