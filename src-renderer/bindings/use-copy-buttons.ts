import { useEffect } from 'react';
import { useSession } from './session-context';

const SHOWN_MS = 1_200;

/** One listener for every copy button in the window: anything with `data-copy`. */
export function useCopyButtons(): void {
  const { clock, fail } = useSession();
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
      const text = button?.getAttribute('data-copy');
      if (!button || !text) return;
      event.stopPropagation();
      navigator.clipboard.writeText(text).then(() => {
        button.setAttribute('data-copied', '');
        clock.after(SHOWN_MS, () => button.removeAttribute('data-copied'));
      }, fail);
    };
    // In the capture phase: a copy must not also pick the row that it stands in.
    window.addEventListener('click', onClick, { capture: true });
    return () => window.removeEventListener('click', onClick, { capture: true });
  }, [clock, fail]);
}
