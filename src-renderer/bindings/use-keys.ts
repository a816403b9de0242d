import { useEffect } from 'react';
import { COMMANDS, type CommandId } from '../../src-shared/commands';
import { type ControlKind, createKeyListener, type KeyPlace } from './key-listener';
import { useWindow } from './window-context';

const BINDINGS = COMMANDS.map(({ id, chords }) => ({ command: id, chords }));

export function useKeys(): void {
  const { run } = useWindow();
  useEffect(() => {
    const onKeyDown = createKeyListener(BINDINGS, placeOf, (command, event) => {
      if (leaveFieldFirst(command, targetOf(event))) return false;
      run(command);
      return true;
    });
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [run]);
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

const targetOf = ({ target }: KeyboardEvent) => (target instanceof Element ? target : document.body);

function placeOf(event: KeyboardEvent): KeyPlace {
  const target = targetOf(event);
  return {
    typing: target.closest(TEXT_FIELDS) !== null,
    control: controlAt(target),
    covered: document.querySelector(COVERS) !== null,
  };
}

/** The nearest control around the target. */
function controlAt(target: Element): ControlKind | null {
  const control = target.closest(Object.values(CONTROLS).join());
  return CONTROL_KINDS.find((kind) => control?.matches(CONTROLS[kind])) ?? null;
}
const CONTROL_KINDS = ['button', 'range', 'link'] as const;

/** Escape in a filter leaves the filter; the next one closes the inspector. */
function leaveFieldFirst(command: CommandId, target: Element): boolean {
  if (command !== 'window.close' || !(target instanceof HTMLElement) || !target.matches(TEXT_FIELDS))
    return false;
  target.blur();
  return true;
}
