import type { VersionText } from '../../src-shared/update';
import type { HistoryRow } from '../../src-shared/views';
import { latenessOf } from '../../src-shared/why';
import { settledWords } from '../format/settled';
import { Version } from './values';
import classes from './values.module.css';

/** What settled a callback, worded as in the live log. */
export function Settled({ row }: { readonly row: HistoryRow }) {
  if (row.settledHow === null) return null;
  return <WordsAndVersion words={settledWords(row.settledHow, latenessOf(row))} by={row.supersededBy} />;
}

interface WordsAndVersionProps {
  readonly words: string;
  readonly by: VersionText | null;
}

export function WordsAndVersion({ words, by }: WordsAndVersionProps) {
  return (
    <span className={classes.detail}>
      <span className={classes.words} data-cut={by === null ? 'text' : undefined}>
        {words}
      </span>
      {by !== null && <Version value={by} />}
    </span>
  );
}
