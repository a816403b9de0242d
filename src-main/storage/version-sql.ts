/** SQL for the text of a version (`VersionText`) from two columns of `row`. Null if the version is. */
export function versionTextOf(row: string, slot = 'slot', version = 'version'): string {
  return `CASE WHEN ${row}.${slot} > 0 THEN ${row}.${slot} || ':' || ${row}.${version} ELSE ${row}.${version}::text END`;
}
