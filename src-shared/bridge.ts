import type { ClientMessage, HostMessage } from './wire';

/**
 * What the desktop shell's preload puts on `window.ingot`: the whole of what a page can reach. The type of
 * a dropped file is the page's own (`File`), which this side of the boundary does not know.
 */
export interface IngotBridge<DroppedFile = object> {
  send(message: ClientMessage): void;
  /** Returns the function that ends it. */
  receive(listener: (message: HostMessage) => void): () => void;
  /**
   * The path of a file that a person dropped on or picked in the window, which the host then reads on
   * request; null if it has none, as a file that a script made up.
   */
  pathOf(file: DroppedFile): string | null;
}
