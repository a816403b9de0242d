import { useMemo, useSyncExternalStore } from 'react';

const ATTRIBUTE = 'data-mantine-color-scheme';

/** The theme is set on the root element after the first render, so watch it there. */
function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: [ATTRIBUTE] });
  return () => observer.disconnect();
}
const scheme = () => document.documentElement.getAttribute(ATTRIBUTE);

/** Values of tokens.css variables under the current theme, for drawing on a canvas. */
export function useThemeColours<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const theme = useSyncExternalStore(subscribe, scheme);
  const key = names.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same names have other colours under another theme.
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(key.split(',').map((name) => [name, read(name)])) as Record<Name, string>;
  }, [key, theme]);
}
