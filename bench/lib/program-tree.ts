import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, on every architecture that Node runs on. */
const TICK_MS = 10;

/** Processor time in milliseconds that a process and all its descendants have taken so far; NaN except on Linux. */
export function processorTimeOfTree(root: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const processes = new Map(readdirSync('/proc').flatMap((name) => readProcess(name) ?? []));
  const isInTree = (id: number): boolean => {
    for (let at: number | undefined = id; at !== undefined; at = processes.get(at)?.parent)
      if (at === root) return true;
    return false;
  };
  let ticks = 0;
  for (const [id, one] of processes) if (isInTree(id)) ticks += one.ticks;
  return ticks * TICK_MS;
}

function readProcess(name: string): [number, { parent: number; ticks: number }][] | null {
  if (!/^\d+$/.test(name)) return null;
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    // After the name, which may contain anything: state, parent; own times, and those of children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
    return [[Number(name), { parent: Number(fields[1]), ticks }]];
  } catch {
    // It has ended meanwhile.
    return null;
  }
}
