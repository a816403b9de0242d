/** The part of the package that is used here; it brings no types of its own. */
declare module 'fs-native-extensions' {
  /**
   * Takes an exclusive lock on a range of an open file without waiting; false if somebody else has it. The
   * operating system drops it when the descriptor is closed, at the latest at the end of the process.
   */
  export function tryLock(fd: number, offset: number, length: number): boolean;
}
