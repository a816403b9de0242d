import { Drawer } from '@mantine/core';
import { IconPlayerPlayFilled, IconX } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { wholePercent } from '../../src-shared/amounts';
import type { SourcePreview } from '../../src-shared/contract';
import type { SourceReading } from '../../src-shared/mapping';
import { toPrintable, toPrintableText } from '../../src-shared/printable';
import { useOpened } from '../bindings/use-part';
import { useBlocked } from '../bindings/use-run-now';
import { useStored } from '../bindings/use-stored';
import { useLive, useModel, useOpening, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { RunSettingsForm } from '../components/run-settings-form';
import { Failed } from '../components/states';
import { Toggle } from '../components/toggle';
import { formatBytes } from '../format/integers';
import { isOpen, whatIsMissing } from '../stores/reading-words';
import {
  DEFAULT_FORM,
  FORM_KEY,
  fieldNames,
  readForm,
  restoreForm,
  type SettingsForm,
} from '../stores/settings-form';
import type { Previewed, Staging } from '../stores/staging';
import { mostRejected, PreviewCounts } from './preview-counts';
import classes from './preview-drawer.module.css';
import { PreviewRecords } from './preview-records';
import { ReadingForm } from './reading-form';

/** A source's content and the settings of its run, before it starts. */
export function PreviewDrawer() {
  const { staging } = useModel();
  const { address } = useWindow();
  const staged = useStore(staging.store);
  const [stored, setStored] = useStored<SettingsForm>(FORM_KEY, DEFAULT_FORM);
  const form = useMemo(() => restoreForm(stored), [stored]);
  const { settings, errors } = useMemo(() => readForm(form), [form]);
  const blocked = useBlocked();
  const [apart, setApart] = useState(false);
  // Not kept: each run delivers only if a person says so.
  const [deliver, setDeliver] = useState(false);
  const opening = useOpening();

  const pending = useLive((state) => state.pending);
  const isNdjson = 'preview' in staged && staged.preview.format === 'ndjson';

  const changeForm = (next: SettingsForm) => {
    setStored(next);
    if (next.skipBrokenLines !== form.skipBrokenLines) void staging.lookAgain();
  };
  const start = async () => {
    if (settings === null) return;
    const status = await staging.start(
      { ...settings, skipBrokenLines: isNdjson && settings.skipBrokenLines, deliver },
      apart,
    );
    if (status === null) return;
    setApart(false);
    setDeliver(false);
    address.go({ view: 'live', detail: null });
  };
  const ready = staged.phase === 'ready' || staged.phase === 'starting';
  const settled = ready || staged.phase === 'failed';
  const missing = ready ? whyUnread(staged) : null;
  const whyNot =
    settings === null
      ? 'A setting cannot be used: see above'
      : staged.phase === 'starting'
        ? 'It is being started'
        : (missing ?? blocked);
  const note = missing ?? blocked ?? (opening ? 'The run starts when the database is open' : null);
  const isWhole = ready && whatIsMissing(staged.preview.reading) === null;
  const isWarned = ready && (missing !== null || mostRejected(staged.counts) !== null);
  const isAsked = ready && staged.preview.reading?.asks.some(isOpen) === true;
  const { waiting, main } = useFocusOnceSettled(settled, isWarned);
  const opened = useOpened(staged.phase !== 'none');

  return (
    <Drawer.Root
      opened={opened}
      onClose={staging.close}
      position="right"
      size={640}
      transitionProps={{ duration: 120 }}
      // Nothing behind it scrolls, and the lock would add a style element, which the page's policy refuses.
      lockScroll={false}
      // A class name on the content would also reach the frame that places the drawer.
      classNames={{ content: classes.content }}
    >
      <Drawer.Overlay className="veil" />
      <Drawer.Content>
        <header className={classes.head}>
          <Drawer.Title
            ref={waiting}
            className={classes.title}
            tabIndex={-1}
            data-autofocus={!settled || (isWarned && !isAsked) || undefined}
          >
            <bdi>{toPrintable(nameOf(staged))}</bdi>
          </Drawer.Title>
          <ActionButton tone="quiet" icon={IconX} aria-label="Close" onClick={staging.close} />
        </header>
        <Drawer.Body className={classes.body}>
          {staged.phase === 'sending' && <Sending sent={staged.sentBytes} total={staged.totalBytes} />}
          {staged.phase === 'reading' && <p className={classes.wait}>Reading the source…</p>}
          {staged.phase === 'failed' && <Failed error={staged.error} />}
          {ready && (
            <>
              <Facts preview={staged.preview} />
              <Notes preview={staged.preview} />
              {staged.preview.reading !== null && (
                <ReadingForm
                  reading={staged.reading}
                  found={staged.preview.reading}
                  refused={staged.refused}
                  onChange={staging.changeReading}
                />
              )}
              {staged.preview.reading === null && (
                <PreviewCounts counts={staged.counts} settings={settings} />
              )}
              {isWhole && <PreviewRecords preview={staged.preview} isBehind={staged.isBehind} />}
              {staged.preview.reading !== null && isWhole && (
                <PreviewCounts counts={staged.counts} settings={settings} />
              )}
              <h3 className={classes.sectionTitle}>How it runs</h3>
              <RunSettingsForm
                form={form}
                errors={errors}
                onChange={changeForm}
                isNdjson={isNdjson}
                pending={apart ? 0 : pending}
              />
              <div className={classes.apart}>
                <Toggle on={apart} onChange={setApart}>
                  In its own space: apart from what is in the database
                </Toggle>
                <Toggle on={deliver} onChange={setDeliver}>
                  Deliver its fired callbacks to the armed targets
                </Toggle>
              </div>
            </>
          )}
        </Drawer.Body>
        <footer className={classes.foot}>
          {note !== null && ready && <p className={classes.note}>{note}.</p>}
          <ActionButton
            ref={staged.phase === 'failed' ? main : null}
            onClick={staging.close}
            data-autofocus={staged.phase === 'failed' ? true : undefined}
          >
            {ready ? 'Cancel' : 'Close'}
          </ActionButton>
          {ready && (
            <ActionButton
              ref={main}
              tone={isWarned ? 'plain' : 'main'}
              icon={IconPlayerPlayFilled}
              whyNot={whyNot}
              onClick={() => void start()}
              data-autofocus={isWarned ? undefined : true}
            >
              {staged.phase === 'starting' ? 'Starting…' : 'Start run'}
            </ActionButton>
          )}
        </footer>
      </Drawer.Content>
    </Drawer.Root>
  );
}

/**
 * While the preview loads, the focus is on the source's name, where Enter does nothing. It then moves to what has `data-autofocus`, as
 * in a drawer that opens with it, unless the person has moved it: to the first field that is asked for; with a warning to the name, for
 * Enter must not start what would be rejected; else to the primary action.
 */
function useFocusOnceSettled(settled: boolean, isWarned: boolean) {
  const waiting = useRef<HTMLHeadingElement>(null);
  const main = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a warning may come later, with the counts.
  useEffect(() => {
    const { activeElement } = document;
    if (!settled || (activeElement !== waiting.current && activeElement !== main.current)) return;
    document.querySelector<HTMLElement>('[role="dialog"] [data-autofocus]')?.focus({ preventScroll: true });
  }, [settled, isWarned]);
  return { waiting, main };
}

/** Null: it can be started as it is read. */
function whyUnread({ preview, isBehind, refused }: Previewed): string | null {
  if (refused !== null) return 'It cannot be read so: see above';
  return whatIsMissing(preview.reading) ?? (isBehind ? 'It is being read again' : null);
}

function nameOf(staged: Staging): string {
  if (staged.phase === 'none') return '';
  if ('preview' in staged) return staged.preview.name;
  return staged.phase === 'reading' ? staged.choice.name : staged.name;
}

function Sending({ sent, total }: { readonly sent: number; readonly total: number }) {
  return (
    <div className={classes.wait}>
      <p>
        Sending {formatBytes(sent)} of {formatBytes(total)}
      </p>
      <progress className={classes.progress} value={sent} max={Math.max(1, total)} aria-label="Sent">
        {wholePercent(sent, total)} %
      </progress>
    </div>
  );
}

const FORMATS: Readonly<Record<SourcePreview['format'], string>> = {
  'json-array': 'JSON array',
  ndjson: 'NDJSON, one record a line',
  csv: 'CSV, one record a row',
  protobuf: 'protobuf messages, each after its length',
};
const COMPRESSIONS: Readonly<Record<SourcePreview['compression'], string>> = {
  none: '',
  gzip: ', gzipped',
  zstd: ', compressed with zstd',
};

function Facts({ preview }: { readonly preview: SourcePreview }) {
  const facts: readonly (readonly [string, string])[] = [
    ...(preview.reading === null ? [] : [['What it is', titleOf(preview.reading)] as const]),
    ['Format', containerOf(preview) + COMPRESSIONS[preview.compression]],
    ['Size', preview.sizeBytes === null ? 'not known' : formatBytes(preview.sizeBytes)],
    ...(preview.reading === null
      ? [['Field names', isMixed(preview) ? 'mixed' : fieldNames(preview.fieldMap)] as const]
      : []),
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A list within a document makes it no lines. */
const containerOf = ({ format, reading }: SourcePreview) =>
  format === 'ndjson' && reading !== null && reading.mapping.list !== null ? 'JSON' : FORMATS[format];
const titleOf = ({ format }: SourceReading) => format?.title || 'A shape of its own';
const isMixed = ({ fieldMap }: SourcePreview) => fieldMap.startsWith('mixed: ');

/** Remarks on the source. Its field names are among the facts already, unless they are mixed; how it is read is in its form. */
function Notes({ preview }: { readonly preview: SourcePreview }) {
  const notes = preview.reading?.notes ?? preview.notes.filter((note) => !note.includes(preview.fieldMap));
  return notes.map((note) => (
    <p key={note} className={classes.aside}>
      {toPrintableText(note)}
    </p>
  ));
}
