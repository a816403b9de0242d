/** The part of the package in use; it has no types of its own. */
declare module 'fs-native-extensions' {
  /**
   * Locks a range of an open file exclusively, without waiting; false if it is already locked. The operating system releases the
   * lock when the descriptor is closed, at the latest when the process ends.
   */
  export function tryLock(fd: number, offset: number, length: number): boolean;
}
