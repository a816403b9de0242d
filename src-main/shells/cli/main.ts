import { CommanderError } from 'commander';
import { describeError, EXIT, type ExitCode, exitCodeOf, reportUncaught } from '../process/failure';
import { ignoreHangupWithoutTerminal } from '../process/interruption';
import { logFault } from '../process/watch-process';
import { createProgram } from './program';

ignoreHangupWithoutTerminal();
reportUncaught();
// Who closes a pipe does not want to hear of it; what that means for a run is the command's own affair.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

let code: ExitCode = EXIT.done;
try {
  // Throws if the working directory no longer exists: Node starts no thread there.
  process.cwd();
  await createProgram((ended) => {
    code = ended;
  }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong, or shown its help.
    code = error.exitCode === 0 ? EXIT.done : EXIT.misused;
  } else {
    code = exitCodeOf(error);
    logFault(error);
    process.stderr.write(`ingot: ${describeError(error)}\n`);
  }
}
// Whatever still keeps the process alive (an open pipe on standard input) is of no use any more; but
// standard error may be a pipe, and is written to its end.
process.stderr.write('', () => process.exit(code));
