import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import '@mantine/spotlight/styles.layer.css';
import 'uplot/dist/uPlot.min.css';
import './fonts.css';
import './tokens.css';
import './base.css';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { systemClock } from './clock';
import { keepTitle, notifyInBrowser } from './outside-window';
import { VIEW_PARTS } from './parts';
import { Root } from './root';
import { createAddress } from './stores/address';
import { bridgeLink, handOverPath } from './transport/bridge-link';
import { createClient } from './transport/client';
import { uploadFile } from './transport/upload';
import { webSocketLink, webSocketUrl } from './transport/websocket-link';
import { createWindowModel } from './window-model';

// The page's policy forbids code made from text; without this, the schema library would try it once.
z.config({ jitless: true });

const bridge = window.ingot;
const client = createClient(
  bridge ? bridgeLink(bridge) : webSocketLink(webSocketUrl(window.location), () => window.location.reload()),
  systemClock,
);
const model = createWindowModel(client, systemClock, bridge ? handOverPath(bridge) : uploadFile);
const address = createAddress(window);
keepTitle(model);
if (!bridge) notifyInBrowser(model, address);
// Fetched while the host answers the first questions; after a failure it is tried again when drawn.
VIEW_PARTS[address.store.getState().view].load().catch(() => undefined);
window.addEventListener('pagehide', model.preferences.saveNow);

const place = document.getElementById('root');
if (place) createRoot(place).render(<Root model={model} address={address} bridge={bridge ?? null} />);
