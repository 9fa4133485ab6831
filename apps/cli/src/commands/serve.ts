import { invalidInput } from '@taxon/errors';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { asksForHelp, hostUntilStopped, splitOptions } from './host.ts';

const examples = `
Examples:
  taxon serve model/
  taxon serve model/ --port 0 --metrics-port 0
  taxon serve tickets=models/tickets reviews=models/reviews --host 0.0.0.0`;

const serve = async (terminal: Terminal, words: readonly string[]): Promise<void> => {
  const { inferenceService } = await import('@taxon/app-inference');
  if (asksForHelp(words)) {
    const { describeServices } = await import('@taxon/service');
    return terminal.out(
      `Usage: taxon serve [NAME=]MODEL… [options]\n\n${describeServices([inferenceService])}\n${examples}`,
    );
  }
  const { operands, options } = splitOptions(words);
  if (words.length === 0) throw invalidInput('no model is given', 'name its folder, e.g. taxon serve model/');
  // Without a folder in front, the options may name models: --models, --models-folder, --config.
  const settings = operands.length === 0 ? undefined : { inference: { models: operands } };
  await hostUntilStopped(terminal, { definitions: [inferenceService], argv: options, settings });
};

export const addServeCommand = (program: Command, terminal: Terminal): void => {
  program
    .command('serve')
    .description('serve models over gRPC')
    .usage('[NAME=]MODEL… [options]')
    // The service knows its options; --help asks it.
    .argument('[models...]')
    .helpOption(false)
    .allowUnknownOption()
    .action((words: string[]) => serve(terminal, words));
};
