/** A listener that throws does not affect the others. */
export interface Emitter<Value> {
  emit(value: Value): void;
  /** Returns the function that unsubscribes. */
  listen(listener: (value: Value) => void): () => void;
}

export function createEmitter<Value>(): Emitter<Value> {
  const listeners = new Set<(value: Value) => void>();
  return {
    emit(value) {
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          reportError(error);
        }
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
