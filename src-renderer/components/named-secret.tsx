import { useCallback, useState } from 'react';
import { secretNameSchema } from '../../src-shared/connections';
import { useResource } from '../bindings/use-resource';
import { useModel } from '../bindings/window-context';
import { ActionButton } from './action-button';
import { Field } from './field';
import classes from './field.module.css';

/** Whether the secret that is named is there, and where the system has a keychain, a place to type it once. */
export function NamedSecret({ name }: { readonly name: string }) {
  const { client, fail, messages } = useModel();
  const [secret, setSecret] = useState('');
  const isName = secretNameSchema.safeParse(name).success;
  const load = useCallback(() => client.call('connections.secrets', { names: [name] }), [client, name]);
  const { value, reload } = useResource(isName ? load : null, []);
  if (!isName || value === null) return null;
  const { whyNoKeychain, secrets } = value;
  const from = secrets[0]?.from ?? null;
  const store = (next: string | null) => {
    client.call('connections.setSecret', { name, secret: next }).then(() => {
      setSecret('');
      reload();
      const text = `${name} is ${next === null ? 'no longer ' : ''}in the keychain.`;
      messages.emit({ level: 'success', text });
    }, fail);
  };
  return (
    <Field
      label="Secret"
      hint={
        from === null
          ? whyNoKeychain === null
            ? 'It is not there yet. Once it is stored, it is never shown again.'
            : `It is not there: start Ingot with the environment variable INGOT_SECRET_${name}. ${whyNoKeychain}`
          : `It is there, from the ${from}.`
      }
    >
      {({ id, describedBy }) => (
        <div className={classes.line}>
          {whyNoKeychain === null && (
            <>
              <input
                id={id}
                type="password"
                className={classes.input}
                autoComplete="off"
                aria-describedby={describedBy}
                value={secret}
                onChange={(event) => setSecret(event.currentTarget.value)}
              />
              <ActionButton whyNot={secret === '' ? 'Type it first' : null} onClick={() => store(secret)}>
                Store in the keychain
              </ActionButton>
              {from === 'keychain' && <ActionButton onClick={() => store(null)}>Take it out</ActionButton>}
            </>
          )}
        </div>
      )}
    </Field>
  );
}
