import { useEffect } from 'react';
import { useModel } from './window-context';

const SHOWN_MS = 1_200;

/** The selected text if it includes a `MiddleCut`: the browser would copy its two parts as two lines. */
function joinCutTexts(selection: Selection | null): string | null {
  if (selection === null || selection.rangeCount === 0) return null;
  const selected = selection.getRangeAt(0).cloneContents();
  const cut = [...selected.querySelectorAll('[role="img"]:has(> [data-cut])')];
  if (cut.length === 0) return null;
  return cut.reduce(
    (text, { children: [head, tail] }) =>
      text.replace(`${head?.textContent}\n${tail?.textContent}`, `${head?.textContent}${tail?.textContent}`),
    selection.toString(),
  );
}

/** One listener for every element with `data-copy`, and for copying a selection. */
export function useCopyButtons(): void {
  const { clock, fail } = useModel();
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
    const onCopy = (event: ClipboardEvent) => {
      const text = joinCutTexts(document.getSelection());
      if (text === null) return;
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
    };
    // In the capture phase, so that a copy does not also select its row.
    window.addEventListener('click', onClick, { capture: true });
    window.addEventListener('copy', onCopy);
    return () => {
      window.removeEventListener('click', onClick, { capture: true });
      window.removeEventListener('copy', onCopy);
    };
  }, [clock, fail]);
}
