/** The text of a version (`VersionText`), of the columns `slot` and `version` of `row`, or of two others, as SQL. Null where the version is. */
export function versionTextOf(row: string, slot = 'slot', version = 'version'): string {
  return `CASE WHEN ${row}.${slot} > 0 THEN ${row}.${slot} || ':' || ${row}.${version} ELSE ${row}.${version}::text END`;
}
