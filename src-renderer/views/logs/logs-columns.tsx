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
  column.display({
    id: 'time',
    header: 'Time',
    size: 110,
    cell: ({ row }) => <PointInTime timeMs={row.original.timeMs} />,
  }),
  column.display({
    id: 'level',
    header: 'Level',
    size: 80,
    cell: ({ row }) => <LevelBadge level={row.original.level} />,
  }),
  column.display({
    id: 'component',
    header: 'Component',
    size: 96,
    cell: ({ row }) => (
      <span className={classes.component} data-cut="text">
        {row.original.component}
      </span>
    ),
  }),
  column.display({
    id: 'message',
    header: 'Message',
    size: 200,
    meta: { grow: 1.2 },
    cell: ({ row }) => (
      <span className={classes.message} data-cut="text">
        {toPrintableText(row.original.message)}
      </span>
    ),
  }),
  column.display({
    id: 'fields',
    header: 'Fields',
    size: 160,
    meta: { grow: 1 },
    cell: ({ row }) => <Fields fields={row.original.fields} />,
  }),
];

const Fields = memo(function Fields({ fields }: { readonly fields: string }) {
  const text = useMemo(() => summarise(fields), [fields]);
  return (
    <code className={classes.fields} data-cut="text">
      {toPrintableText(text)}
    </code>
  );
});
