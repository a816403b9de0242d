import { useEffect } from 'react';
import { type CommandId, isCommandId, KEY_BINDINGS } from '../stores/commands';
import { type ControlKind, type KeyState, NO_KEYS, pressKey } from '../stores/keys';
import { useWindow } from './session-context';

export function useKeys(): void {
  const { run, session } = useWindow();
  useEffect(() => {
    let state: KeyState = NO_KEYS;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : document.body;
      const outcome = pressKey(
        state,
        {
          key: event.key,
          mod: event.ctrlKey || event.metaKey,
          alt: event.altKey,
          shift: event.shiftKey,
          timeMs: session.clock.nowMs(),
          typing: target.closest(TEXT_FIELDS) !== null,
          control: controlAt(target),
          covered: document.querySelector(COVERS) !== null,
        },
        KEY_BINDINGS,
      );
      state = outcome.state;
      if (!outcome.handled) return;
      if (outcome.command !== null && isCommandId(outcome.command)) {
        if (leaveFieldFirst(outcome.command, target)) return;
        run(outcome.command);
      }
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [run, session]);
}

const TEXT_FIELDS =
  'input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=range]), textarea, select, [contenteditable=true]';
const CONTROLS: Readonly<Record<ControlKind, string>> = {
  button: 'button, summary, input, select, [role=tab], [role=menuitem], [role=option], [role=switch]',
  range: '[role=separator], [role=slider]',
  link: 'a[href]',
};
/** Layers that take the keys while open. */
const COVERS = '[role=dialog][aria-modal=true], [role=menu], [role=listbox]:not([hidden])';

/** The nearest control around the target. */
function controlAt(target: Element): ControlKind | null {
  const control = target.closest(Object.values(CONTROLS).join());
  return CONTROL_KINDS.find((kind) => control?.matches(CONTROLS[kind])) ?? null;
}
const CONTROL_KINDS = ['button', 'range', 'link'] as const;

/** Escape in a filter leaves the filter; a second Escape closes the inspector. */
function leaveFieldFirst(command: CommandId, target: Element): boolean {
  if (command !== 'window.close' || !(target instanceof HTMLElement) || !target.matches(TEXT_FIELDS))
    return false;
  target.blur();
  return true;
}
