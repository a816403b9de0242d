import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWindow } from '../bindings/window-context';
import { Chord } from './chord';
import classes from './view-frame.module.css';

interface ViewFrameProps {
  readonly title: string;
  /** Beside the title: `1,204 accounts`. */
  readonly count?: ReactNode;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
}

export function ViewFrame({ title, count, controls, children }: ViewFrameProps) {
  const { run } = useWindow();
  return (
    <main className={classes.view} aria-labelledby="view-title">
      <header className={classes.head}>
        <h1 id="view-title" className={classes.title}>
          {title}
        </h1>
        {count !== undefined && <span className={classes.count}>{count}</span>}
        <div className={classes.controls}>{controls}</div>
        <button type="button" className={classes.find} onClick={() => run('window.palette')}>
          <IconSearch size={14} stroke={2} aria-hidden="true" />
          <span className={classes.findWord}>Find</span>
          <Chord command="window.palette" />
        </button>
      </header>
      {children}
    </main>
  );
}
