import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { groupDigits } from '../../../src-shared/amounts';
import { useResource } from '../../bindings/use-resource';
import { useStored } from '../../bindings/use-stored';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { Failed, Loading } from '../../components/states';
import { CopyButton } from '../../components/values';
import { hexLines } from '../../format/hex-lines';
import classes from './account-fields.module.css';

/** In lines of 16, and in base64 without padding. */
const PAGE_BYTES = 768;

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));

const FORMS = ['hex', 'base64'] as const;

/** The bytes of an account, up to 10 MiB of them, of which one page at a time is here. */
export function AccountBytes({ id, version }: { readonly id: string; readonly version: string }) {
  const { client } = useModel();
  const [form, setForm] = useStored<(typeof FORMS)[number]>('inspector.bytes', 'hex');
  const [place, setPlace] = useState({ version, from: 0 });
  const from = place.version === version ? place.from : 0;
  const read = useCallback(
    (start: number) => client.call('updates.bytes', { id, version, from: start, length: PAGE_BYTES }),
    [client, id, version],
  );
  const loadFirst = useCallback(() => read(0), [read]);
  const loadPage = useCallback(() => read(from), [read, from]);
  // A version never changes.
  const first = useResource(loadFirst, []);
  const later = useResource(from === 0 ? null : loadPage, [], 'keep');
  const { value, error, reload } = from === 0 ? first : later;
  if (first.value === null && first.error === null) return <Loading what="the bytes" />;
  if (error !== null && value === null) return <Failed error={error} onRetry={reload} />;
  if (first.value === null) return null;
  const { size, sha256 } = first.value;
  const go = (to: number) => setPlace({ version, from: to });
  const last = size === 0 ? 0 : size - 1 - ((size - 1) % PAGE_BYTES);
  return (
    <section className={classes.bytes} aria-label="Bytes">
      <header className={classes.bytesHead}>
        <span>{groupDigits(size)} bytes</span>
        <div role="radiogroup" aria-label="Show bytes as" className={classes.forms}>
          {FORMS.map((each) => (
            <label key={each} className={classes.form} data-chosen={form === each || undefined}>
              <input
                type="radio"
                name="bytes"
                className="visually-hidden"
                checked={form === each}
                onChange={() => setForm(each)}
              />
              {each}
            </label>
          ))}
        </div>
        {size > PAGE_BYTES && (
          <span className={classes.pages}>
            <ActionButton
              tone="quiet"
              size="small"
              icon={IconChevronLeft}
              aria-label="Bytes before"
              whyNot={from === 0 ? 'These are the first' : null}
              onClick={() => go(from - PAGE_BYTES)}
            />
            {groupDigits(from)} to {groupDigits(Math.min(from + PAGE_BYTES, size) - 1)}
            <ActionButton
              tone="quiet"
              size="small"
              icon={IconChevronRight}
              aria-label="Bytes after"
              whyNot={from === last ? 'These are the last' : null}
              onClick={() => go(from + PAGE_BYTES)}
            />
            <ActionButton
              tone="quiet"
              size="small"
              whyNot={from === last ? 'These are the last' : null}
              onClick={() => go(last)}
            >
              Last
            </ActionButton>
          </span>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it can be reached by the keyboard. */}
      <pre className={classes.dump} data-form={form} tabIndex={0}>
        {value === null ? '' : form === 'hex' ? hexLines(bytesOf(value.part), from) : value.part}
      </pre>
      <p className={classes.hash}>
        sha256 <code>{sha256}</code>
        <CopyButton text={sha256 ?? ''} label="Copy the hash" />
      </p>
    </section>
  );
}
