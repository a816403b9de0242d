import { createTheme, Drawer, Modal, Popover, ScrollArea, Tooltip } from '@mantine/core';

/**
 * The library supplies focus, layers and menus; the look is in tokens.css. Its scroll lock is off: it would add a style element,
 * and the page never scrolls.
 */
export const mantineTheme = createTheme({
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-mono)',
  respectReducedMotion: true,
  focusRing: 'never',
  cursorType: 'pointer',
  components: {
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        transitionProps: { duration: 100 },
        overlayProps: { className: 'veil' },
      },
    }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
    // Without its code, which is loaded with the first menu.
    Menu: {
      defaultProps: {
        position: 'bottom-start',
        offset: 0,
        returnFocus: true,
        transitionProps: { duration: 0 },
      },
    },
    Popover: Popover.extend({
      defaultProps: { offset: 4, trapFocus: true, returnFocus: true, transitionProps: { duration: 0 } },
    }),
    // Makes scroll areas reachable by keyboard.
    ScrollAreaAutosize: ScrollArea.Autosize.extend({ defaultProps: { viewportProps: { tabIndex: 0 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { transitionProps: { duration: 80 } } }),
  },
});
