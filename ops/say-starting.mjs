// Imported first, for its effect: shows at once that something is happening. On standard error, where it disturbs no script.

const asksForHelp = process.argv.some((arg) => arg === '--help' || arg === '-h');
if (!asksForHelp) process.stderr.write('Starting Ingot…\n');
