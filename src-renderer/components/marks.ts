import type { Icon } from '@tabler/icons-react';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCancel,
  IconCheck,
  IconCircleFilled,
  IconCircleHalf2,
  IconDatabase,
  IconEqual,
  IconFlag,
  IconHistory,
  IconInfoCircle,
  IconPlayerPlay,
  IconScissors,
  IconX,
} from '@tabler/icons-react';
import type { CallbackState, Outcome } from '../../src-shared/update';
import type { NewsKind } from '../stores/log';

/** The only place that gives each meaning its word, icon and colour. */
export type MarkName = Outcome | 'retracted' | CallbackState | NewsKind;

export interface Mark {
  readonly word: string;
  readonly icon: Icon;
  /** A variable of tokens.css. */
  readonly colour: string;
}

export const MARKS: Readonly<Record<MarkName, Mark>> = {
  indexed: { word: 'indexed', icon: IconCheck, colour: 'var(--indexed)' },
  stale: { word: 'stale', icon: IconHistory, colour: 'var(--stale)' },
  retracted: { word: 'retracted', icon: IconArrowBackUp, colour: 'var(--conflict)' },
  duplicate: { word: 'duplicate', icon: IconEqual, colour: 'var(--duplicate)' },
  conflict: { word: 'conflict', icon: IconAlertTriangle, colour: 'var(--conflict)' },
  rejected: { word: 'rejected', icon: IconX, colour: 'var(--rejected)' },
  pending: { word: 'pending', icon: IconCircleHalf2, colour: 'var(--pending)' },
  fired: { word: 'fired', icon: IconCircleFilled, colour: 'var(--fired)' },
  cancelled: { word: 'cancelled', icon: IconCancel, colour: 'var(--cancelled)' },
  run: { word: 'run', icon: IconPlayerPlay, colour: 'var(--ink-2)' },
  end: { word: 'end', icon: IconFlag, colour: 'var(--ink-2)' },
  database: { word: 'database', icon: IconDatabase, colour: 'var(--ink-2)' },
  notice: { word: 'notice', icon: IconInfoCircle, colour: 'var(--conflict)' },
  gap: { word: 'left out', icon: IconScissors, colour: 'var(--conflict)' },
};

export const OUTCOME_MARKS = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'] as const;
export const CALLBACK_MARKS = ['pending', 'fired', 'cancelled'] as const;
