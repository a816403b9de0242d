import { execFileSync } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder, record, startCli, toNdjson } from './testing/run-cli';

/** The program reads a new named pipe, which the test has open for writing. */
async function startReading() {
  const path = join(makeFolder(), 'updates');
  execFileSync('mkfifo', [path]);
  const program = startCli(['ingest', path, '--memory', '--arrival', 'none', '--json']);
  // Opens as soon as somebody reads.
  const pipe: FileHandle = await open(path, 'w');
  onTestFinished(() => pipe.close());
  return { program, pipe };
}

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  it('is answered at once, and a run that waits for more of it ends when it is interrupted', async () => {
    const { program, pipe } = await startReading();
    await pipe.write(toNdjson([record({ id: 'first' })]));
    await program.untilLine('"id":"first"');
    program.signal('SIGINT');
    const { code, lines } = await program.ended;
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ event: 'summary', records: 1 });
    expect(code).toBe(130);
  });

  it('that nobody has written to does not keep the program from ending', async () => {
    const { program } = await startReading();
    program.signal('SIGINT');
    expect((await program.ended).code).toBe(130);
  });
});
