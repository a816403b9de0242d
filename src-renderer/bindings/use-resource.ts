import { useCallback, useEffect, useRef, useState } from 'react';
import { toWireError } from '../../src-shared/errors';
import { type Answer, keepAfterFailure, NO_ANSWER } from '../stores/answer';
import type { Change } from '../stores/feed-intake';
import { useModel } from './window-context';

export interface Resource<Value> extends Answer<Value> {
  /** False: the answer is one of before, kept meanwhile. */
  readonly isNew: boolean;
  readonly reload: () => void;
}

const AT_MOST_EVERY_MS = 500;

/**
 * One answer of the host, asked again when the content changes, at most twice a second. Pass a stable `load`; null asks nothing.
 * @param meanwhile what is shown until another `load` has answered: nothing, or the answer before.
 */
export function useResource<Value>(
  load: (() => Promise<Value>) | null,
  watch: readonly Change[] = ['rows', 'everything'],
  meanwhile: 'nothing' | 'keep' = 'nothing',
): Resource<Value> {
  const { clock, changes, client } = useModel();
  const [{ of, answer }, setAnswer] = useState<{ of: typeof load; answer: Answer<Value> }>({
    of: null,
    answer: NO_ANSWER,
  });
  const reloadRef = useRef<() => void>(() => {});
  const watched = watch.join();

  useEffect(() => {
    if (load === null) return;
    let gone = false;
    let busy = false;
    let again = false;
    let cancel: (() => void) | null = null;
    const ask = () => {
      if (busy || cancel !== null) {
        again = true;
        return;
      }
      busy = true;
      again = false;
      load()
        .then(
          (value) => !gone && setAnswer({ of: load, answer: { value, error: null } }),
          (error) =>
            !gone &&
            setAnswer((before) => ({
              of: load,
              answer: keepAfterFailure(before.of === load ? before.answer : NO_ANSWER, toWireError(error)),
            })),
        )
        .finally(() => {
          busy = false;
          if (gone) return;
          cancel = clock.after(AT_MOST_EVERY_MS, () => {
            cancel = null;
            if (again) ask();
          });
        });
    };
    reloadRef.current = () => {
      cancel?.();
      cancel = null;
      ask();
    };
    ask();
    const deafen = changes.listen((change) => {
      if (watched.split(',').includes(change)) ask();
    });
    const unwatch = client.connection.subscribe((state) => {
      if (state.phase === 'open') ask();
    });
    return () => {
      gone = true;
      cancel?.();
      deafen();
      unwatch();
    };
  }, [load, watched, clock, changes, client]);

  const reload = useCallback(() => reloadRef.current(), []);
  const { value, error } = of === load || (meanwhile === 'keep' && of !== null) ? answer : NO_ANSWER;
  return { value, error, isNew: of === load, reload };
}
