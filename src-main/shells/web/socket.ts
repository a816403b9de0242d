import type { WebSocket } from 'ws';
import type { HelloMessage, HostMessage } from '../../../src-shared/wire';
import type { Host } from '../../host/create-host';
import type { Logger } from '../../observability/logger';

/** WebSocket close code: a message of a kind not accepted here. */
const POLICY_VIOLATION = 1008;

/** Connects one WebSocket to the host. The socket itself refuses large messages (1009). */
export function connectSocket(
  socket: WebSocket,
  host: Pick<Host, 'connectClient'>,
  { instance, logger }: { readonly instance: string; readonly logger: Logger },
): void {
  const hello: HelloMessage = { type: 'hello', instance };
  socket.send(JSON.stringify(hello));
  const connection = host.connectClient({
    send: (message: HostMessage) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    },
    bufferedBytes: () => socket.bufferedAmount,
    refuse: (reason) => {
      logger.warn({ err: reason }, 'a client broke the protocol');
      socket.close(POLICY_VIOLATION);
    },
  });
  logger.debug('a window connected');
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? undefined : parse(String(data));
    if (message === undefined) socket.close(POLICY_VIOLATION);
    else connection.receive(message);
  });
  socket.on('close', () => {
    logger.debug('a window left');
    connection.close();
  });
  // Without a listener, an error such as a message that is too large would end the process.
  socket.on('error', (error) => logger.warn({ err: error }, 'a client was disconnected'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
