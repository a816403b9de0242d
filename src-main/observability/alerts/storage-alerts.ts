import type { AlertDefinition, Figure } from './alert';
import { increaseOf, MINUTE_MS, SECOND_MS } from './spans';

const GIB = 1024 ** 3;
const diskFree: Figure = { kind: 'latest', metric: 'ingot_disk_free_bytes' };

/** Of the database and the disk that it lies on. */
export const STORAGE_ALERTS: readonly AlertDefinition[] = [
  {
    name: 'IngotDatabaseDown',
    title: 'The database is down',
    severity: 'critical',
    description: 'The database has not been open for {for}: nothing is stored and no callback fires.',
    unit: 'switch',
    conditions: [{ figure: { kind: 'latest', metric: 'ingot_database_up' }, is: '<', threshold: 1 }],
    // A lost database is opened again after 0, 1 and 5 s by itself: that is no reason to call anybody.
    forMs: 30 * SECOND_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning:
        'The database was lost and could not be opened again, or could not be opened at the start. What was acknowledged is on the disk.',
      look: [
        'The window, or `/readyz`: both say why it cannot be opened.',
        'The log, entries of the component `database`.',
        'With a Postgres server: whether it runs, and lets this user in.',
      ],
      act: [
        'Mend what the reason names (room on the disk, permissions, the other program that holds the directory), then press "Try again".',
        'If the directory is damaged, "Start afresh" sets it aside and restores a backup. Nothing is deleted.',
      ],
    },
  },
  {
    name: 'IngotDatabaseErrors',
    title: 'The database refuses statements',
    severity: 'warning',
    description: '{value} of the statements of the last {window} failed; more than {threshold} is too many.',
    unit: 'ratio',
    conditions: [
      {
        figure: {
          kind: 'ratio',
          part: increaseOf('ingot_database_errors_total'),
          whole: increaseOf('ingot_database_statement_duration_seconds_count'),
        },
        is: '>',
        threshold: 0.01,
      },
      // A single error among the few statements of a quiet hour is no pattern.
      { figure: increaseOf('ingot_database_errors_total'), is: '>=', threshold: 5 },
    ],
    forMs: MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning:
        'Statements fail again and again. A batch that failed was rolled back as a whole and is tried again or ends its run: nothing is half stored.',
      look: [
        '`sum by (sqlstate_class) (increase(ingot_database_errors_total[5m]))`: class 08 is the connection, 23 a constraint, 40 a serialization failure, 53 resources such as a full disk, 57 an operator or a time limit.',
        'The log, entries of level `error`: they carry the SQLSTATE and the run.',
      ],
      act: [
        'Class 53: free room or memory. Class 08 or 57: look at the server, or at what it is busy with.',
        'Class 23 or XX: keep the log and a copy of the data directory; it is a fault of Ingot or of the storage.',
      ],
    },
  },
  {
    name: 'IngotDiskSpaceLow',
    title: 'Little room on the disk',
    severity: 'warning',
    description: '{value} are free on the disk with the data directory.',
    unit: 'bytes',
    // What an hour of ingesting as fast as it goes may take, log included.
    conditions: [{ figure: diskFree, is: '<', threshold: 5 * GIB }],
    forMs: 2 * MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning: 'A long import may fill the disk. A full disk stops the run; what was acknowledged stays.',
      look: [
        'The database view: how large the database is, and how many backups there are.',
        '`predict_linear(ingot_disk_free_bytes[1h], 4 * 3600)`: what will be left in four hours at this pace.',
      ],
      act: [
        'Delete old backups and what `pg.aside-…` directories are no longer needed.',
        'Make room for the rest.',
      ],
    },
  },
  {
    name: 'IngotDiskAlmostFull',
    title: 'The disk is almost full',
    severity: 'critical',
    description: 'Only {value} are free on the disk with the data directory.',
    unit: 'bytes',
    // Twice what `/readyz` asks for: there is time to make room.
    conditions: [{ figure: diskFree, is: '<', threshold: GIB / 2 }],
    forMs: 30 * SECOND_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning: 'The next checkpoint or batch may find no room: then the database closes and the run stops.',
      look: ['What else fills the disk: `du -xh --max-depth 2` on its mount point.'],
      act: [
        'Pause or stop the run, free room, resume it.',
        'If the database has closed already: free room, then "Try again" in the window.',
      ],
    },
  },
];
