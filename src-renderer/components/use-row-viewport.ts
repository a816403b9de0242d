import { observeElementOffset, useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useReducer, useRef } from 'react';
import { useSize } from '../bindings/use-size';
import type { IndexRange } from '../stores/row-window';
import { jump, listRows, reach, resize, type ScrollScale, slide } from '../stores/scroll-scale';

interface Options {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly count: number;
  readonly rowHeight: number;
  /** Height of the sticky header, which covers rows. */
  readonly headHeight: number;
  /** Rows by which everything has moved so far. The view moves along without a visible jump. */
  readonly shift: number;
  /** A new number is a new query: scroll to the top. */
  readonly epoch: number;
  readonly atEnd: boolean;
  readonly onView: (view: IndexRange) => void;
}

export interface ViewportItem {
  readonly index: number;
  readonly top: number;
}

/** Which rows to draw and where. A table longer than the virtual list is seen through a list that slides over it. */
export function useRowViewport({
  scroller,
  count,
  rowHeight,
  headHeight,
  shift,
  epoch,
  atEnd,
  onView,
}: Options) {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const scale = useRef<ScrollScale>({ count, base: 0 });
  if (scale.current.count !== count) scale.current = resize(scale.current, count);
  const lastTop = useRef(0);
  /** Row by row (wheel, keys), as opposed to dragging the scroll bar. */
  const walking = useRef(true);
  const tellOffset = useRef<((offset: number, isScrolling: boolean) => void) | null>(null);

  const list = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: listRows(count),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    useFlushSync: false,
    observeElementOffset: (instance, tell) => {
      tellOffset.current = tell;
      return observeElementOffset(instance, tell);
    },
  });

  // After a change of the row height, the same row stays on top.
  const measuredHeight = useRef(rowHeight);
  useLayoutEffect(() => {
    if (measuredHeight.current === rowHeight) return;
    const ratio = rowHeight / measuredHeight.current;
    measuredHeight.current = rowHeight;
    list.measure();
    if (scroller.current) scroller.current.scrollTop *= ratio;
  }, [rowHeight, list, scroller]);

  const page = useCallback(
    () => Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - headHeight) / rowHeight)),
    [scroller, headHeight, rowHeight],
  );

  /** Scrolls without a visible jump: the list learns of it before the next paint. */
  const setTop = useCallback(
    (top: number) => {
      const element = scroller.current;
      if (!element) return;
      element.scrollTop = top;
      lastTop.current = element.scrollTop;
      tellOffset.current?.(element.scrollTop, false);
      redraw();
    },
    [scroller],
  );

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onScroll = () => {
      const moved = Math.abs(element.scrollTop - lastTop.current);
      lastTop.current = element.scrollTop;
      const top = element.scrollTop / rowHeight;
      if (moved > 3 * element.clientHeight) {
        walking.current = false;
        scale.current = jump(scale.current, top, page());
        redraw();
        return;
      }
      if (!walking.current) return;
      const by = slide(scale.current, top, page());
      if (by === 0) return;
      scale.current = { ...scale.current, base: scale.current.base + by };
      setTop(element.scrollTop - by * rowHeight);
    };
    const onWalk = () => {
      walking.current = true;
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWalk, { passive: true });
    element.addEventListener('keydown', onWalk);
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWalk);
      element.removeEventListener('keydown', onWalk);
    };
  }, [scroller, rowHeight, page, setTop]);

  const followed = useRef({ shift, epoch });
  useLayoutEffect(() => {
    const before = followed.current;
    followed.current = { shift, epoch };
    if (before.epoch !== epoch) {
      scale.current = { ...scale.current, base: 0 };
      setTop(0);
    } else if (before.shift !== shift) {
      setTop((scroller.current?.scrollTop ?? 0) + (shift - before.shift) * rowHeight);
    }
  }, [shift, epoch, rowHeight, scroller, setTop]);

  const size = useSize(scroller);
  const room = size.height - headHeight;
  const endTop = Math.max(0, listRows(count) * rowHeight - room);
  useLayoutEffect(() => {
    // A full log keeps its length while its rows change, so there is nothing to scroll; skipping it avoids a second layout.
    if (atEnd && room > 0 && Math.abs(endTop - lastTop.current) > 1) setTop(endTop);
  }, [atEnd, room, endTop, setTop]);

  /** Scrolls as little as needed to show a row. */
  const show = useCallback(
    (index: number) => {
      const element = scroller.current;
      if (!element || count === 0) return;
      walking.current = true;
      const found = reach(scale.current, Math.max(0, Math.min(count - 1, index)));
      const moved = found.scale.base !== scale.current.base;
      scale.current = found.scale;
      const rowTop = found.row * rowHeight;
      const room = element.clientHeight - headHeight;
      const top = element.scrollTop;
      if (moved) setTop(rowTop - room / 2);
      else if (rowTop < top) setTop(rowTop);
      else if (rowTop + rowHeight > top + room) setTop(rowTop + rowHeight - room);
    },
    [scroller, count, rowHeight, headHeight, setTop],
  );

  const items: ViewportItem[] = list
    .getVirtualItems()
    .map((item) => ({ index: item.index + scale.current.base, top: item.start }));

  const from = items[0]?.index ?? 0;
  const to = (items[items.length - 1]?.index ?? -1) + 1;
  useEffect(() => onView({ from, to }), [from, to, onView]);

  return { items, height: listRows(count) * rowHeight, width: size.width, page, show, setTop };
}
