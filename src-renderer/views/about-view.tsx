import { useCallback, useState } from 'react';
import { useStore } from 'zustand';
import { countOf } from '../../src-shared/amounts';
import type { AppInfo, ShippedPackage } from '../../src-shared/contract';
import { useResource } from '../bindings/use-resource';
import { useModel } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { Failed, Loading } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import classes from './about-view.module.css';
import settings from './settings-view.module.css';

export function AboutView() {
  const { app, client, messages, fail } = useModel();
  const info = useStore(app);
  const database = useResource(useCallback(() => client.call('database.info', {}), [client]));
  if (info === null) return <ViewFrame title="About">{null}</ViewFrame>;
  const facts = factsOf(info);
  // Without the data directory, whose path contains the name of a person.
  const copy = () =>
    navigator.clipboard.writeText(facts.map((fact) => fact.join(': ')).join('\n')).then(
      () => messages.emit({ level: 'success', text: 'The details were copied.' }),
      () => fail(new Error('The clipboard refused the text.')),
    );
  return (
    <ViewFrame title="About">
      <div className={settings.page}>
        <section className={settings.section} aria-labelledby="about-ingot">
          <h2 id="about-ingot">
            {info.name} {info.version}
          </h2>
          <p className={settings.text}>
            Replays streams of on-chain account updates into an embedded Postgres. Published under the MIT
            licence.
          </p>
          <dl className={classes.facts}>
            {facts.slice(1).map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
            {database.value && <Fact name="Data" value={database.value.location} />}
          </dl>
          <div>
            <ActionButton onClick={() => void copy()}>Copy details</ActionButton>
          </div>
        </section>
        <Packages />
      </div>
    </ViewFrame>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function factsOf({ name, version, shell, build, runtime }: AppInfo): readonly (readonly [string, string])[] {
  const browser = /(Chrome|Firefox|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0];
  const commit =
    build.commit === null
      ? 'unknown'
      : `${build.commit}${build.date === null ? '' : `, ${build.date.slice(0, 10)}`}`;
  return [
    [name, version],
    ['Commit', commit],
    ['Window', shell === 'electron' ? 'desktop app' : 'browser'],
    ...(runtime.electron === null ? [] : [['Electron', runtime.electron] as const]),
    ['Browser', browser?.replace('/', ' ').replace('Version', 'Safari') ?? 'unknown'],
    ['Node', runtime.node],
    ['Postgres', `${build.postgres ?? 'unknown'} (embedded)`],
    ['System', runtime.system],
  ];
}

function Packages() {
  const { client } = useModel();
  const { value, error, reload } = useResource(
    useCallback(() => client.call('app.packages', {}), [client]),
    [],
  );
  if (error) return <Failed error={error} onRetry={reload} />;
  if (value === null) return <Loading what="the licences" />;
  if (value.length === 0) return null;
  return (
    <section className={settings.section} aria-labelledby="about-packages">
      <h2 id="about-packages">Licences</h2>
      <p className={settings.text}>Ingot contains {countOf(value.length, 'package')} by other authors.</p>
      <ul className={classes.packages}>
        {value.map((shipped) => (
          <li key={`${shipped.name} ${shipped.version}`}>
            <Licence shipped={shipped} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Its text is fetched when it is opened: all of them together are nearly a megabyte. */
function Licence({ shipped: { name, version, licence } }: { readonly shipped: ShippedPackage }) {
  const { client, fail } = useModel();
  const [text, setText] = useState<string | null>(null);
  const load = () =>
    client
      .call('app.licence', { name, version })
      .then((found) => setText(found.text ?? 'The package contains no licence text.'), fail);
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && text === null && void load()}>
      <summary>
        <span>
          {name} <span className={classes.version}>{version}</span>
        </span>
        <span className={classes.licence}>{licence ?? 'not stated'}</span>
      </summary>
      {text !== null && <pre className={classes.text}>{text}</pre>}
    </details>
  );
}
