// Imported first, for its effect: a person sees at once that something happens, before anything is loaded or built. On
// standard error, where it disturbs no script.

const asksForHelp = process.argv.some((arg) => arg === '--help' || arg === '-h');
if (!asksForHelp) process.stderr.write('Starting Ingot…\n');
