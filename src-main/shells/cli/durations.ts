const pad = (value: number, digits: number) => String(value).padStart(digits, '0');

/** A time of the run's clock for the beginning of a line: `00:01.500`, `2:00:01.500` from an hour on. */
export function formatRunTime(atMs: number): string {
  const ms = Math.floor(atMs);
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const clock = `${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(ms % 1000, 3)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/** How long something takes, to read at a glance: `0.5 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
