import type { TypeLeaders } from './update';

/**
 * The JSON members `leaders` and `tied` for the command line and the window. Not `JSON.stringify` of an object, which would put a
 * type named `7` first.
 */
export function formatLeadersJson(types: readonly TypeLeaders[]): string {
  const leaders = types.flatMap(({ accountType, tokens, leaders: named }) =>
    named.map(({ id, version }) => ({ accountType, id, tokens, version })),
  );
  const tied = types.map(({ accountType, tied: total }) => `${JSON.stringify(accountType)}:${total}`);
  return `"leaders":${JSON.stringify(leaders)},"tied":{${tied.join(',')}}`;
}
