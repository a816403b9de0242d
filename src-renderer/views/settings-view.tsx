import { useState } from 'react';
import { useStore } from 'zustand';
import { useModel, usePreference, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { ChoiceBar, Field } from '../components/field';
import { Toggle } from '../components/toggle';
import { CopyButton } from '../components/values';
import { ViewFrame } from '../components/view-frame';
import { TIMES_SHOWN } from '../format/times';
import { SettingsIdls } from './settings-idls';
import classes from './settings-view.module.css';

export function SettingsView() {
  const { preferences, app, messages } = useModel();
  const { run } = useWindow();
  const theme = usePreference('theme');
  const density = usePreference('density');
  const timeZone = usePreference('timeZone');
  const timeShown = usePreference('timeShown');
  const info = useStore(app);
  const local = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <ViewFrame title="Settings">
      <div className={classes.page}>
        <section className={classes.section} aria-labelledby="settings-looks">
          <h2 id="settings-looks">Appearance</h2>
          <Field label="Theme">
            {() => (
              <ChoiceBar
                label="Theme"
                value={theme}
                choices={[
                  { value: 'system', label: 'System' },
                  { value: 'light', label: 'Light' },
                  { value: 'dark', label: 'Dark' },
                ]}
                onChange={(value) => preferences.change({ theme: value })}
              />
            )}
          </Field>
          <Field label="Rows" hint="Dense rows are 28 pixels high, comfortable ones 36.">
            {() => (
              <ChoiceBar
                label="Rows"
                value={density}
                choices={[
                  { value: 'dense', label: 'Dense' },
                  { value: 'comfortable', label: 'Comfortable' },
                ]}
                onChange={(value) => preferences.change({ density: value })}
              />
            )}
          </Field>
          <Field
            label="Times of runs"
            hint="Since start is real time: it goes on while a run is paused. A virtual run has only its own clock."
          >
            {() => (
              <ChoiceBar
                label="Times of runs"
                value={timeShown}
                choices={TIMES_SHOWN}
                onChange={(value) => preferences.change({ timeShown: value })}
              />
            )}
          </Field>
          <Field label="Time zone" hint={timeZone === 'local' ? `Shown in ${local}.` : 'Shown in UTC.'}>
            {() => (
              <ChoiceBar
                label="Time zone"
                value={timeZone}
                choices={[
                  { value: 'local', label: 'Local' },
                  { value: 'utc', label: 'UTC' },
                ]}
                onChange={(value) => preferences.change({ timeZone: value })}
              />
            )}
          </Field>
        </section>
        <NotificationsSection />
        <SettingsIdls />
        <section className={classes.section} aria-labelledby="settings-layout">
          <h2 id="settings-layout">Layout</h2>
          <p className={classes.text}>
            Filters, orders, widths of columns and panels, the settings of the last run and the accounts you
            inspected last are stored.
          </p>
          <div>
            <ActionButton
              onClick={() => {
                preferences.clearLayout();
                messages.emit({ level: 'success', text: 'The layout was reset.' });
              }}
            >
              Forget the layout
            </ActionButton>
          </div>
        </section>
        <section className={classes.section} aria-labelledby="settings-keys">
          <h2 id="settings-keys">Keyboard</h2>
          <p className={classes.text}>Views, tables, runs and the inspector have keys.</p>
          <div>
            <ActionButton command="help.shortcuts" onClick={() => run('help.shortcuts')}>
              Show all shortcuts
            </ActionButton>
          </div>
        </section>
        {info?.capabilities.links === true && <OtherBrowser />}
        {info !== null && (
          <section className={classes.section} aria-labelledby="settings-about">
            <h2 id="settings-about">About</h2>
            <p className={classes.text}>
              {info.name} {info.version}
            </p>
            <div>
              <ActionButton onClick={() => run('help.about')}>Versions and licences</ActionButton>
            </div>
          </section>
        )}
      </div>
    </ViewFrame>
  );
}

const TOLD =
  'Told when a run of 10 seconds or more completes, when a run fails and when a critical alert fires, unless you are looking at this window.';

function NotificationsSection() {
  const { preferences, app } = useModel();
  const wanted = usePreference('notifications');
  const isBrowser = useStore(app, (info) => info?.shell === 'web');
  const [permission, setPermission] = useState(Notification.permission);
  const isBlocked = isBrowser && permission === 'denied';
  const change = async (notifications: boolean) => {
    if (!isBrowser) return preferences.change({ notifications });
    // The browser asks the person only after a click.
    const answer = notifications ? await Notification.requestPermission() : permission;
    setPermission(answer);
    preferences.change({ notifications: notifications && answer === 'granted' });
  };
  return (
    <section className={classes.section} aria-labelledby="settings-notifications">
      <h2 id="settings-notifications">Notifications</h2>
      <div>
        <Toggle on={wanted && (!isBrowser || permission === 'granted')} onChange={(on) => void change(on)}>
          Notify me
        </Toggle>
      </div>
      <p className={classes.text}>
        {isBlocked
          ? 'The browser blocks notifications of this address: allow them in its settings first.'
          : TOLD}
      </p>
    </section>
  );
}

/** Each press creates a new address; earlier ones stay valid until used or expired. */
function OtherBrowser() {
  const { client, fail } = useModel();
  const [address, setAddress] = useState<string | null>(null);
  const get = () => client.call('app.link', {}).then((link) => setAddress(link.address), fail);
  return (
    <section className={classes.section} aria-labelledby="settings-link">
      <h2 id="settings-link">Another browser</h2>
      <p className={classes.text}>
        A link opens Ingot in another browser on this machine: once, within ten minutes. Keep it to yourself.
      </p>
      <div>
        <ActionButton onClick={() => void get()}>Link for another browser</ActionButton>
      </div>
      {address !== null && (
        <div className={classes.link}>
          <output className={classes.address}>{address}</output>
          <CopyButton text={address} label="Copy the link" />
        </div>
      )}
    </section>
  );
}
