import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { type Term, termOf } from '../../src-shared/glossary';
import { toPrintableText } from '../../src-shared/printable';
import { useModel, useWindow } from '../bindings/window-context';
import classes from './tip-layer.module.css';
import { hiddenWidth } from './use-cell-needs';

interface Tip {
  /** Empty if there is only a term. */
  readonly text: string;
  readonly term: Term | null;
  readonly box: DOMRect;
  readonly side: string;
}

const REST_MS = 250;
/** Longer in a table, where the pointer often rests. */
const ROW_REST_MS = 700;

const HAS_TIP = '[data-tip], [data-term], [data-cut], [role="img"]';

function tipOf(target: Element): string | null {
  const own = target.getAttribute('data-tip');
  if (own !== null) return own;
  const whole = target.closest('[role="img"]');
  const part = whole?.querySelector('[data-cut]') ?? target;
  return hiddenWidth(part) > 0 ? (whole?.getAttribute('aria-label') ?? part.textContent) : null;
}

/**
 * One tooltip for every `data-tip` in the window: a table has hundreds. Visual only; screen readers get names and whole values
 * from the elements.
 */
export function TipLayer() {
  const { clock } = useModel();
  const { overlay } = useWindow();
  const [tip, setTip] = useState<Tip | null>(null);
  const shown = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let cancel: (() => void) | null = null;
    let over: Element | null = null;
    /** Of the shown tip: F1 leads there. */
    let term: Term | null = null;
    /** The last click position until the pointer moves: an element that appears under it was not pointed at. */
    let pressed: { readonly x: number; readonly y: number } | null = null;
    const hide = () => {
      cancel?.();
      over = null;
      term = null;
      setTip(null);
    };
    const wait = (target: Element) => {
      if (target === over) return;
      cancel?.();
      over = target;
      term = null;
      setTip(null);
      const inRow = target.closest('[role=gridcell]') !== null;
      const word = target.getAttribute('data-term');
      cancel = clock.after(inRow && word !== null ? ROW_REST_MS : REST_MS, () => {
        const text = target.isConnected ? (tipOf(target) ?? '') : '';
        term = word === null || !target.isConnected ? null : termOf(word);
        if (text === '' && term === null) return;
        setTip({
          text,
          term,
          box: target.getBoundingClientRect(),
          side: target.getAttribute('data-tip-side') ?? 'top',
        });
      });
    };
    const onDown = ({ clientX, clientY }: PointerEvent) => {
      pressed = { x: clientX, y: clientY };
      hide();
    };
    const onMove = (event: PointerEvent) => {
      if (pressed !== null) onOver(event);
    };
    const onOver = (event: PointerEvent) => {
      if (event.clientX === pressed?.x && event.clientY === pressed.y) return;
      pressed = null;
      const target = event.target instanceof Element ? event.target.closest(HAS_TIP) : null;
      if (target) wait(target);
      else if (over) hide();
    };
    const onFocus = (event: FocusEvent) => {
      const target = event.target instanceof Element ? event.target.closest(HAS_TIP) : null;
      if (target?.matches(':focus-visible')) wait(target);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'F1' && term !== null) {
        event.preventDefault();
        overlay.setState({ shown: 'help', word: term.word }, true);
      }
      hide();
    };
    window.addEventListener('pointerover', onOver);
    window.addEventListener('focusin', onFocus);
    window.addEventListener('focusout', hide);
    window.addEventListener('pointermove', onMove, { passive: true });
    window.addEventListener('pointerdown', onDown);
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('wheel', hide, { passive: true });
    return () => {
      hide();
      window.removeEventListener('pointerover', onOver);
      window.removeEventListener('focusin', onFocus);
      window.removeEventListener('focusout', hide);
      window.removeEventListener('pointermove', onMove);
      window.removeEventListener('pointerdown', onDown);
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('wheel', hide);
    };
  }, [clock, overlay]);

  useLayoutEffect(() => {
    const element = shown.current;
    if (!element || tip === null) return;
    const { left, top } = place(tip, element.offsetWidth, element.offsetHeight);
    element.style.transform = `translate(${left}px, ${top}px)`;
  }, [tip]);

  if (tip === null) return null;
  return createPortal(
    <div ref={shown} className={classes.tip} aria-hidden="true">
      {toPrintableText(tip.text)}
      {tip.term !== null && (
        <div className={classes.term}>
          <strong>{tip.term.word}</strong>: {tip.term.meaning}.
          <span className={classes.more}>F1 for Help</span>
        </div>
      )}
    </div>,
    document.body,
  );
}

const AWAY = 6;
const EDGE = 8;

function place({ box, side }: Tip, width: number, height: number): { left: number; top: number } {
  if (side === 'right') return { left: box.right + AWAY, top: box.top + (box.height - height) / 2 };
  const left = Math.max(EDGE, Math.min(window.innerWidth - width - EDGE, box.left + (box.width - width) / 2));
  const above = box.top - height - AWAY;
  return { left, top: above < EDGE ? box.bottom + AWAY : above };
}
