import { IconCopy, IconX } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import type { LogEntry } from '../../../src-shared/logs';
import { toPrintable, toPrintableText } from '../../../src-shared/printable';
import { useInspect } from '../../bindings/use-inspect';
import { useModel, usePreference, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { JsonView } from '../../components/json-view';
import { AccountId, CopyButton, Digits } from '../../components/values';
import { formatExact } from '../../format/times';
import { toLine } from '../../stores/logs-filter';
import { LevelBadge } from './level-badge';
import classes from './logs-view.module.css';

export function EntryDetail({ entry }: { readonly entry: LogEntry }) {
  const { messages, fail } = useModel();
  const { address } = useWindow();
  const zone = usePreference('timeZone');
  const { level, component, message, timeMs, fields } = entry;
  const copy = () => {
    navigator.clipboard
      .writeText(toLine(entry))
      .then(() => messages.emit({ level: 'success', text: 'Copied the entry.' }), fail);
  };
  return (
    <aside className={classes.detail} aria-label="Log entry">
      <header className={classes.detailHead}>
        <LevelBadge level={level} />
        <span className={classes.detailActions}>
          <ActionButton icon={IconCopy} onClick={copy}>
            Copy entry
          </ActionButton>
          <ActionButton
            tone="quiet"
            icon={IconX}
            aria-label="Close the entry"
            data-tip="Close (Esc)"
            onClick={() => address.go({ detail: null }, 'replace')}
          />
        </span>
      </header>
      <h2 className={classes.sentence}>{toPrintableText(message)}</h2>
      <dl className={classes.facts}>
        <Fact name="Time">{formatExact(timeMs, zone)}</Fact>
        {component !== null && <Fact name="Component">{component}</Fact>}
        <Subjects fields={fields} />
      </dl>
      <Stack fields={fields} />
      <h3 className={classes.sectionTitle}>All fields</h3>
      <div className={classes.json}>
        <JsonView text={fields} />
      </div>
    </aside>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

/** Links to the run, account or trace that the entry names. */
function Subjects({ fields }: { readonly fields: string }) {
  const { address } = useWindow();
  const inspect = useInspect();
  const { runId, record, accountId, trace_id } = useMemo(() => JSON.parse(fields), [fields]);
  const [run, at, account, trace] = [runId, record, accountId, trace_id].map(textOf);
  return (
    <>
      {run != null && (
        <Fact name="Run">
          <button
            type="button"
            className={classes.link}
            onClick={() => address.go({ view: 'runs', detail: run })}
          >
            {toPrintableText(run)}
          </button>
        </Fact>
      )}
      {at != null && (
        <Fact name="Record">
          <Digits value={at} />
        </Fact>
      )}
      {account != null && (
        <Fact name="Account">
          <AccountId id={account} />{' '}
          <button type="button" className={classes.link} onClick={() => inspect({ id: account })}>
            inspect
          </button>
        </Fact>
      )}
      {trace != null && (
        <Fact name="Trace">
          <code>{toPrintable(trace)}</code> <CopyButton text={trace} label="Copy the id of the trace" />
        </Fact>
      )}
    </>
  );
}

/** Outside the JSON, which would put it on one line. */
function Stack({ fields }: { readonly fields: string }) {
  const stack = useMemo(() => textOf(JSON.parse(fields).err?.stack), [fields]);
  if (stack === null) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it can be reached by the keyboard.
    <pre className={classes.stack} tabIndex={0}>
      {stack.split('\n').map(toPrintableText).join('\n')}
    </pre>
  );
}
