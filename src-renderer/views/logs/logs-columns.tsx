import { memo, useMemo } from 'react';
import type { LogEntry } from '../../../src-shared/logs';
import { toPrintableText } from '../../../src-shared/printable';
import { gridColumns } from '../../components/grid-model';
import { PointInTime } from '../../components/values';
import { summarise } from '../../stores/logs-filter';
import { LevelBadge } from './level-badge';
import classes from './logs-view.module.css';

const column = gridColumns<LogEntry>();

export const logsColumns = [
  column('time', 'Time', 110, (row) => <PointInTime timeMs={row.timeMs} />),
  column('level', 'Level', 80, (row) => <LevelBadge level={row.level} />),
  column('component', 'Component', 96, (row) => (
    <span className={classes.component} data-cut="text">
      {row.component}
    </span>
  )),
  column(
    'message',
    'Message',
    200,
    (row) => (
      <span className={classes.message} data-cut="text">
        {toPrintableText(row.message)}
      </span>
    ),
    { grow: 1.2 },
  ),
  column('fields', 'Fields', 160, (row) => <Fields fields={row.fields} />, { grow: 1 }),
];

const Fields = memo(function Fields({ fields }: { readonly fields: string }) {
  const text = useMemo(() => summarise(fields), [fields]);
  return (
    <code className={classes.fields} data-cut="text">
      {toPrintableText(text)}
    </code>
  );
});
