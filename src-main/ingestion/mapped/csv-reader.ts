import { type Parser, parse } from 'csv-parse';
import { createJsonScan, STRING, scanValue } from '../json-scan';
import { MAX_MAPPED_BYTES } from '../limits';
import type { SourceRecord } from '../record';
import { leaveOutSecrets } from '../secrets';
import type { TextFault, TextFaultKind } from '../source-faults';
import { type FoundValue, splitPath } from './field-scan';
import type { Mapper, RecordView } from './record-mapper';

const EXCERPT_LENGTH = 512;
type Row = Readonly<Record<string, string>>;
interface Parsed {
  readonly record: Row;
  readonly info: { readonly bytes: number };
}

/** Of comma, semicolon and tab the one that the header has most. */
export function findDelimiter(header: string): string {
  const count = (text: string) => header.split(text).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

const options = (delimiter: string) => ({
  delimiter,
  bom: true,
  columns: true,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: MAX_MAPPED_BYTES,
  info: true,
});

/** Reads rows with a header. */
export function createCsvReader(mapper: Mapper, delimiter: string, onRecord?: (view: RecordView) => void) {
  const parser: Parser = parse(options(delimiter));
  const columns = mapper.paths.map((path) => splitPath(path).join('.'));
  let fault: TextFault | undefined;
  let recordCount = 0;
  let place = 0;
  let byteOffset = 0;
  parser.on('error', (cause) => {
    const kind: TextFaultKind = 'code' in cause && cause.code === 'CSV_MAX_RECORD_SIZE' ? 'long' : 'csv';
    fault ??= { kind, record: recordCount, byteOffset, cause, limitBytes: MAX_MAPPED_BYTES };
  });

  function take(): SourceRecord[] {
    const records: SourceRecord[] = [];
    for (let parsed: Parsed | null = parser.read(); parsed !== null; parsed = parser.read()) {
      const row = parsed.record;
      const view: RecordView = {
        value: (slot) => cellValue(row[columns[slot] ?? '']),
        around: () => undefined,
        key: null,
        place: place++,
        text: () => JSON.stringify(row),
      };
      byteOffset = parsed.info.bytes;
      onRecord?.(view);
      const mapped = mapper.map(view);
      if (mapped.kind === 'skipped') {
        mapper.skip(mapped.what);
        continue;
      }
      const excerpt = () => leaveOutSecrets(view.text().slice(0, EXCERPT_LENGTH), true);
      const record = recordCount++;
      records.push(
        mapped.kind === 'reject' ? { record, ...mapped, excerpt: excerpt() } : { record, ...mapped },
      );
    }
    return records;
  }

  return {
    read(piece: Uint8Array): SourceRecord[] {
      // Copied: it is kept until the row ends.
      if (fault === undefined) parser.write(Buffer.from(piece));
      return take();
    },
    /** Its last row may be known only then. */
    async finish(): Promise<SourceRecord[]> {
      if (fault === undefined) {
        await new Promise<void>((resolve) => {
          parser.once('error', () => resolve());
          parser.end(resolve);
        });
      }
      return take();
    },
    abort(kind: TextFaultKind, cause: unknown): void {
      fault ??= { kind, record: recordCount, byteOffset, cause };
    },
    get fault() {
      return fault;
    },
    get byteOffset() {
      return byteOffset;
    },
  };
}

/** A cell that holds JSON is that. An empty one holds nothing. */
function cellValue(text: string | undefined): FoundValue | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.startsWith('{') || text.startsWith('[')) {
    const scan = createJsonScan();
    scan.bytes = Buffer.from(`${text}\0`);
    scan.end = scan.bytes.length - 1;
    if (scanValue(scan, 0, 0) === scan.end) return { kind: scan.kind, text };
  }
  return { kind: STRING, text };
}
