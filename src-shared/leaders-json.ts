import type { TypeLeaders } from './update';

/**
 * The JSON members `leaders`, an entry for each account named, and `tied`, how many accounts share the first place of
 * each type, as the command line and the window give them out. Written by hand: an object would put a type named `7`
 * before all others.
 */
export function formatLeadersJson(types: readonly TypeLeaders[]): string {
  const leaders = types.flatMap(({ accountType, tokens, leaders: named }) =>
    named.map(({ id, version }) => ({ accountType, id, tokens, version })),
  );
  const tied = types.map(({ accountType, tied: total }) => `${JSON.stringify(accountType)}:${total}`);
  return `"leaders":${JSON.stringify(leaders)},"tied":{${tied.join(',')}}`;
}
