import { memo, useMemo } from 'react';
import { countOf } from '../../src-shared/amounts';
import { toPrintableJson } from '../../src-shared/printable';

import { prettyLines, prettyText } from '../format/json-text';
import classes from './json-view.module.css';
import { CopyButton } from './values';

/** More lines than this make the page slow. */
const MAX_LINES = 2_000;

/** Every literal exactly as stored. */
export const JsonView = memo(function JsonView({ text }: { readonly text: string }) {
  const lines = useMemo(() => prettyLines(text), [text]);
  const left = lines.length - MAX_LINES;
  return (
    <div className={classes.json}>
      <span className={classes.copy}>
        <CopyButton text={prettyText(text)} label="Copy the JSON" />
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it can be reached by the keyboard. */}
      <pre className={classes.text} tabIndex={0}>
        {lines.slice(0, MAX_LINES).map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text never change their order.
          <div key={at} className={classes.line} style={{ paddingLeft: `${line.depth * 2}ch` }}>
            {line.tokens.map((token, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above.
              <span key={index} data-kind={token.kind}>
                {toPrintableJson(token.text)}
              </span>
            ))}
          </div>
        ))}
        {left > 0 && <div className={classes.left}>{countOf(left, 'more line')}: copy to see all of it.</div>}
      </pre>
    </div>
  );
});
