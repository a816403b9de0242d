import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/**
 * A list in a grid that follows what comes. Scrolling up holds it still as it was then, whatever happens
 * meanwhile; scrolling back to its end, or `follow`, goes on.
 * @param frame what the grid lies in, for as long as it is there.
 */
export function useFollow<List>(
  now: List,
  frame: RefObject<HTMLElement | null>,
): { readonly held: List | null; readonly follow: () => void } {
  const [held, setHeld] = useState<List | null>(null);
  const following = useRef(true);
  following.current = held === null;
  const latest = useRef(now);
  latest.current = now;

  useEffect(() => {
    const element = frame.current?.querySelector<HTMLElement>('[role=grid]');
    if (!element) return;
    let lastTop = element.scrollTop;
    const onScroll = () => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 4;
      const up = element.scrollTop < lastTop - 1;
      lastTop = element.scrollTop;
      if (atEnd) setHeld(null);
      // A list that became shorter also moves up: only holding is undone by its end.
      else if (up && following.current) setHeld(latest.current);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [frame]);

  const follow = useCallback(() => {
    setHeld(null);
    following.current = true;
  }, []);
  return { held, follow };
}
