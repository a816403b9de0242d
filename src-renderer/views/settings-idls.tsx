import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useCallback, useRef, useState } from 'react';
import { countOf } from '../../src-shared/amounts';
import { toWireError, type WireError } from '../../src-shared/errors';
import { toPrintable } from '../../src-shared/printable';
import { useResource } from '../bindings/use-resource';
import { useModel } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { AccountId } from '../components/values';
import { readIdlFile } from '../stores/idl-file';
import classes from './settings-view.module.css';

/** By which IDLs accounts are decoded, beside those that ship with Ingot. */
export function SettingsIdls() {
  const { client } = useModel();
  const load = useCallback(() => client.call('idls.list', {}), [client]);
  const { value: idls, error, reload } = useResource(load, []);
  const [refused, setRefused] = useState<WireError | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const change = async (work: () => Promise<unknown>) => {
    setRefused(null);
    await work().catch((cause: unknown) => setRefused(toWireError(cause)));
    reload();
  };
  const add = async (file: File) => client.call('idls.add', readIdlFile(file.name, await file.text()));
  const fault = refused ?? error;
  return (
    <section className={classes.section} aria-labelledby="settings-idls">
      <h2 id="settings-idls">IDLs</h2>
      <p className={classes.text}>
        Accounts of SPL Token, Token-2022, System and Stake are decoded into their fields. Anchor and Codama
        IDLs decode those of other programs, from the next run on.
      </p>
      {idls !== null && idls.length > 0 && (
        <ul className={classes.idls}>
          {idls.map(({ name, address, program, types, problem, isKept }) => (
            <li key={`${name} ${address} ${isKept}`} className={classes.idl}>
              <span className={classes.idlName} data-tip={types.map(toPrintable).join(', ')}>
                <bdi>{toPrintable(program)}</bdi>
                {problem === null && <span className={classes.text}>{countOf(types.length, 'type')}</span>}
              </span>
              {problem === null ? (
                <AccountId id={address} />
              ) : (
                <span className={classes.wrong}>{toPrintable(problem)}. Remove it, or add it again.</span>
              )}
              {isKept ? (
                <ActionButton
                  tone="quiet"
                  icon={IconTrash}
                  aria-label={`Remove ${toPrintable(program)}`}
                  data-tip="Remove"
                  onClick={() => void change(() => client.call('idls.delete', { name }))}
                />
              ) : (
                <span className={classes.text}>by --idl</span>
              )}
            </li>
          ))}
        </ul>
      )}
      {fault !== null && (
        <p role="alert" className={classes.wrong}>
          {fault.message} {fault.details.hint}
        </p>
      )}
      <div>
        <ActionButton icon={IconPlus} onClick={() => input.current?.click()}>
          Add an IDL…
        </ActionButton>
        <input
          ref={input}
          type="file"
          hidden
          accept=".json,application/json"
          aria-label="IDL"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            event.currentTarget.value = '';
            if (file) void change(() => add(file));
          }}
        />
      </div>
    </section>
  );
}
