import type { VersionText } from '../../src-shared/update';
import type { HistoryRow } from '../../src-shared/views';
import { latenessOf } from '../../src-shared/why';
import { settledWords } from '../format/settled';
import { Version } from './values';
import classes from './values.module.css';

interface SettledProps {
  readonly row: HistoryRow;
  /** “by 32” beside versions, where it can be nothing else. */
  readonly short?: boolean;
}

/** What settled a callback, worded as in the live log. */
export function Settled({ row, short = false }: SettledProps) {
  const { settledHow, supersededBy } = row;
  if (settledHow === null) return null;
  const words = short && supersededBy !== null ? 'by' : settledWords(settledHow, latenessOf(row));
  return <WordsAndVersion words={words} by={supersededBy} />;
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
