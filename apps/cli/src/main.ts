import { exitCodes } from './exit.ts';
import { runCommandLine } from './program.ts';
import { processTerminal } from './terminal.ts';

// A reader that has seen enough, as in `taxon predict … | head`, is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.closedPipe);
    throw error;
  });

const code = await runCommandLine(process.argv.slice(2), processTerminal());
// Whatever was written goes out first; what a command left running is not waited for.
process.stdout.write('', () => process.exit(code));
