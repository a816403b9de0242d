import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/**
 * A grid's list that follows its end. Scrolling up freezes it; scrolling back to the end, or `follow`, resumes.
 * @param frame the element around the grid while it exists.
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
      // A list that became shorter also scrolls up; that must not freeze it.
      else if (up && following.current) setHeld(latest.current);
    };
    // At once: rows that arrive before the scroll event would bring the end back.
    const onKey = ({ key }: KeyboardEvent) => {
      const scrolls = element.scrollHeight - element.clientHeight >= 4;
      if (scrolls && following.current && (key === 'Home' || key === 'PageUp')) setHeld(latest.current);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('keydown', onKey);
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('keydown', onKey);
    };
  }, [frame]);

  const follow = useCallback(() => {
    setHeld(null);
    following.current = true;
  }, []);
  return { held, follow };
}
