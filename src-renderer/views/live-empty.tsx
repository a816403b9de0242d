import {
  IconFileTypeJs,
  IconFlask2,
  IconFolderOpen,
  IconFolders,
  IconListNumbers,
} from '@tabler/icons-react';
import { useCallback } from 'react';
import { fileName, toPrintable } from '../../src-shared/printable';
import { useResource } from '../bindings/use-resource';
import { useModel, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { RunStateBadge } from '../components/run-state-badge';
import { PastTime } from '../components/values';
import { formatBytes } from '../format/integers';
import classes from './live-empty.module.css';

const SHOWN = 6;

/** Shown before the first run of this start. */
export function LiveEmpty() {
  const { client, staging } = useModel();
  const { run, address } = useWindow();
  const loadRecent = useCallback(() => client.call('source.recent', {}), [client]);
  const { value: recent } = useResource(loadRecent, ['runs']);
  const loadRuns = useCallback(
    () => client.call('runs.page', { window: { from: { edge: 'start' }, limit: SHOWN } }),
    [client],
  );
  const { value: runs } = useResource(loadRuns, ['runs', 'everything']);
  return (
    <div className={classes.page}>
      <div className={classes.drop}>
        <svg className={classes.art} viewBox="0 0 240 56" aria-hidden="true">
          {WAVE.map((tall, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a drawing: its bars never change their order.
            <g key={at}>
              <rect x={at * 6} y={34 - tall} width="3" height={tall} rx="1" />
              <rect
                x={at * 6}
                y={37}
                width="3"
                height={Math.round(tall * 0.45)}
                rx="1"
                className={classes.below}
              />
            </g>
          ))}
          <rect x="76" y="0" width="1" height="56" className={classes.playhead} />
        </svg>
        <h2 className={classes.title}>Drop a file of account updates</h2>
        <p className={classes.text}>
          Updates as JSON or CSV, or accounts as RPC, Geyser and the Solana command line give them; a file or
          a folder. You see what is in it before anything runs.
        </p>
        <div className={classes.actions}>
          <ActionButton
            tone="main"
            icon={IconFolderOpen}
            command="open.file"
            onClick={() => run('open.file')}
          >
            Open file…
          </ActionButton>
          <ActionButton icon={IconFolders} onClick={() => run('open.folder')}>
            Open folder…
          </ActionButton>
          <ActionButton icon={IconFlask2} onClick={() => run('open.sample')}>
            Try the sample
          </ActionButton>
        </div>
      </div>
      <div className={classes.recents}>
        {recent !== null && recent.length > 0 && (
          <section className={classes.recent} aria-labelledby="recent-title">
            <h2 id="recent-title" className={classes.recentTitle}>
              Recent files
            </h2>
            <ul>
              {recent.slice(0, SHOWN).map((source) => (
                <li key={`${source.name} ${source.openedAtMs}`}>
                  <button
                    type="button"
                    className={classes.file}
                    onClick={() => void staging.openSource(source)}
                  >
                    <IconFileTypeJs size={16} stroke={1.5} aria-hidden="true" />
                    <bdi className={classes.fileName}>{toPrintable(source.name)}</bdi>
                    <span className={classes.fileSize}>
                      {source.sizeBytes === null ? '' : formatBytes(source.sizeBytes)}
                    </span>
                    <PastTime timeMs={source.openedAtMs} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {runs !== null && runs.rows.length > 0 && (
          <section className={classes.recent} aria-labelledby="last-runs-title">
            <h2 id="last-runs-title" className={classes.recentTitle}>
              Last runs
            </h2>
            <ul>
              {runs.rows.map((row) => (
                <li key={row.runId}>
                  <button
                    type="button"
                    className={classes.file}
                    onClick={() => address.go({ view: 'runs', detail: row.runId })}
                  >
                    <IconListNumbers size={16} stroke={1.5} aria-hidden="true" />
                    <span className={classes.fileName}>
                      {row.runId} · <bdi>{fileName(row.source)}</bdi>
                    </span>
                    <RunStateBadge state={row.state} />
                    <PastTime timeMs={row.startedAtMs} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </div>
  );
}

const WAVE = [
  4, 7, 5, 9, 14, 10, 6, 12, 20, 26, 17, 11, 22, 30, 24, 13, 8, 16, 28, 21, 12, 7, 10, 18, 25, 15, 9, 6, 11,
  19, 14, 8, 5, 9, 13, 7, 4, 6, 10, 5,
];
