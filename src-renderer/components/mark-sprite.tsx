import { MARKS } from './marks';

/**
 * The icons of the marks, once in the page. A row refers to them: a live log draws forty rows twenty
 * times a second, and a reference costs one element where an icon costs five.
 */
export function MarkSprite() {
  return (
    <svg width="0" height="0" aria-hidden="true" focusable="false" style={{ position: 'absolute' }}>
      <defs>
        {Object.entries(MARKS).map(([name, { icon: Icon }]) => (
          <Icon key={name} id={`mark-${name}`} size={24} stroke={2} />
        ))}
      </defs>
    </svg>
  );
}
