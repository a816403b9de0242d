import type { TargetSettings } from '../../src-shared/deliveries';
import { formatRunTime } from '../../src-shared/run-clock';
import { slotOf, writeVersionOf } from '../../src-shared/update';
import type { FiredContent } from './sql/deliveries';

/** What is sent: a CloudEvent 1.0 as JSON on one line, https://github.com/cloudevents/spec. */
export interface EventMessage {
  /** The same whenever it is sent again. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
}

/** A version is in the database once, and fires once: with the source, which is the target, that names the event. */
export const eventIdOf = ({ id, version }: Pick<FiredContent, 'id' | 'version'>) => `${id}:${version}`;

export async function composeEvent(
  targetId: string,
  { event }: Pick<TargetSettings, 'event'>,
  fired: FiredContent,
): Promise<EventMessage> {
  const isAlarm = event === 'quiet';
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return compose(
    {
      id: eventIdOf(fired),
      type: isAlarm ? 'ingot.account.quiet' : 'ingot.callback.fired',
      source: `urn:uuid:${targetId}`,
      subject: fired.id,
      time: iso(fired.firedAtMs),
    },
    {
      ...(isAlarm && {
        message: `${fired.id} was not updated for ${formatRunTime(fired.callbackTimeMs)}.`,
      }),
      account: fired.id,
      accountType: fired.accountType,
      tokens: fired.tokens,
      slot: slotOf(fired.version),
      version: writeVersionOf(fired.version),
      run: fired.runId,
      callbackTimeMs: fired.callbackTimeMs,
      dueAt: iso(fired.dueAtMs),
      firedByHand: fired.byHand,
      dataBytes: fired.dataBytes,
      ...(fired.data === null && { dataLeftOut: true }),
    },
    fired.data,
  );
}

/** Every test has another id. */
export const composeTest = (targetId: string, testId: string, nowMs: number): Promise<EventMessage> =>
  compose(
    {
      id: `test:${testId}`,
      type: 'ingot.test',
      source: `urn:uuid:${targetId}`,
      subject: 'test',
      time: new Date(nowMs).toISOString(),
    },
    { message: 'A person tests this target. Nothing has happened.' },
    null,
  );

/** @param accountData JSON that goes in as it is, because its numbers may be larger than JavaScript's. */
async function compose(
  attributes: { id: string; type: string; source: string; subject: string; time: string | null },
  data: Readonly<Record<string, unknown>>,
  accountData: string | null,
): Promise<EventMessage> {
  const { CloudEvent, HTTP } = await import('cloudevents');
  const { time, ...others } = attributes;
  const event = new CloudEvent({
    ...others,
    ...(time !== null && { time }),
    datacontenttype: 'application/json',
    data,
  });
  const { headers, body } = HTTP.structured(event);
  const { data: _data, ...envelope } = JSON.parse(String(body)) as Record<string, unknown>;
  // The library gives every event a time, though a virtual clock has none.
  if (time === null) delete envelope.time;
  const open = (json: object) => JSON.stringify(json).slice(0, -1);
  const dataText = accountData === null ? `${open(data)}}` : `${open(data)},"data":${accountData}}`;
  return {
    id: attributes.id,
    contentType: String(headers['content-type']),
    body: `${open(envelope)},"data":${dataText}}`,
  };
}
