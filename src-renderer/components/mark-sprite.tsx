import { MARKS } from './marks';

/**
 * The marks' icons, once in the page. The live log draws forty rows twenty times a second: a reference costs one element, an icon
 * five.
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
