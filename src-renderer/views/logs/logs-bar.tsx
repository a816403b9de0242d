import { IconFolderOpen } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { LOG_LEVELS, type LogLevel, type LogsInfo } from '../../../src-shared/logs';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { CopyButton } from '../../components/values';
import { formatBytes } from '../../format/integers';
import { LevelSelect } from './level-select';
import classes from './logs-view.module.css';

interface LogsBarProps {
  readonly info: LogsInfo | null;
  /** From the latest look at the log: another window or a signal may have changed it. */
  readonly level: LogLevel | null;
  readonly onLevel: (level: LogLevel) => void;
}

export function LogsBar({ info, level, onLevel }: LogsBarProps) {
  return (
    <section className={classes.bar} aria-label="Where the log is kept">
      {info !== null && <Place info={info} />}
      {level !== null && (
        <LevelSelect
          label="Record from"
          tip="What is written to the files and shown here, for this session only"
          value={level}
          levels={LOG_LEVELS}
          onChange={onLevel}
        />
      )}
    </section>
  );
}

function Place({ info }: { readonly info: LogsInfo }) {
  const { client, fail, app } = useModel();
  const canOpen = useStore(app, (state) => state?.capabilities.nativeDialogs === true);
  const { directory, problem, maxFiles, maxFileBytes } = info;
  if (directory === null) {
    return <p className={classes.place}>{problem ?? 'No log files are written.'}</p>;
  }
  return (
    <div className={classes.place}>
      <span>{problem ?? 'Files in'}</span>
      {problem === null && (
        <>
          <code
            data-tip={`At most ${maxFiles} files of ${formatBytes(maxFileBytes)}, the oldest going first`}
          >
            {directory}
          </code>
          <CopyButton text={directory} label="Copy the path" />
        </>
      )}
      {canOpen && (
        <ActionButton
          icon={IconFolderOpen}
          onClick={() => {
            client.call('logs.openFolder', {}).catch(fail);
          }}
        >
          Open folder
        </ActionButton>
      )}
    </div>
  );
}
