import type { FeedbackRequest, FeedbackResponse } from '@taxon/contracts';
import { invalidInput } from '@taxon/errors';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { currentUser } from '../models/registry-option.ts';
import { addServiceOptions, connectToInference, type ServiceOptions } from '../service-options.ts';
import type { Terminal } from '../terminal.ts';

interface FeedbackOptions extends ServiceOptions {
  right?: string[];
  wrong?: boolean;
  task?: string;
  text?: string;
  pair?: string;
  by?: string;
}

const examples = `
Examples:
  taxon feedback intents intents@3/0198c1d2 --right close_account
  taxon feedback intents intents@3/0198c1d2 --wrong
  taxon feedback reviews reviews@1/0198c1d2 --task topic --right price --right service
  taxon feedback intents intents@3/0198c1d2 --right close_account --text "goodbye forever"

Answers over gRPC carry their prediction id. Said again by the same person it counts once.`;

const verdictOf = ({ right, wrong = false, task = '' }: FeedbackOptions): NonNullable<FeedbackRequest['verdict']> => {
  if ((right === undefined) !== wrong)
    throw invalidInput(
      right === undefined ? 'neither --right nor --wrong is given' : '--right and --wrong exclude each other',
      'e.g. --right close_account, or --wrong where the right label is not known',
    );
  return right === undefined
    ? { $case: 'wrong', value: true }
    : { $case: 'right', value: { tasks: [{ task, labels: right }] } };
};

const giveFeedback = async (
  terminal: Terminal,
  [model, predictionId]: readonly [string, string],
  options: FeedbackOptions,
): Promise<void> => {
  const verdict = verdictOf(options);
  const interrupt = catchInterrupt();
  try {
    const { text = '', pair, by: from = currentUser() } = options;
    using inference = await connectToInference(options);
    const request = { ...{ model, predictionId, text, pair, verdict, from } };
    const { eventId, version, textKnown } = await inference.ask<FeedbackResponse>(
      (...call) => inference.client.feedback(request, ...call),
      interrupt.signal,
    );
    if (options.json) return terminal.out(JSON.stringify({ model, predictionId, version, eventId, textKnown }));
    terminal.out(
      `${model}@${version}  ${verdict.$case === 'wrong' ? 'wrong' : `right: ${verdict.value.tasks[0]!.labels.join(', ')}`}`,
    );
    if (!textKnown && verdict.$case === 'right')
      terminal.err('the service no longer knows the text, so no training learns from it; --text tells it');
  } finally {
    interrupt.dispose();
  }
};

/** `taxon feedback`: what would have been right. */
export const addFeedbackCommand = (program: Command, terminal: Terminal): void => {
  const feedback = program
    .command('feedback')
    .description('say what an answer should have been')
    .argument('<model>', 'name of the model')
    .argument('<prediction-id>', 'of the answer')
    .option(
      '--right <label>',
      'the right label; several of a multi-label task (repeatable)',
      (label: string, before: string[] | undefined) => [...(before ?? []), label],
    ) // prettier-ignore
    .option('--wrong', 'the answer is wrong, and what would be right is not known')
    .option('--task <name>', 'that the label answers, in a model of several tasks')
    .option('--text <text>', 'that was answered, for a prediction of long ago')
    .option('--pair <text>', 'its second text, for a model of sentence pairs')
    .option('--by <name>', 'who says so (default: the user)');
  addServiceOptions(feedback)
    .addHelpText('after', examples)
    .action((model: string, predictionId: string, options: FeedbackOptions) =>
      giveFeedback(terminal, [model, predictionId], options),
    );
};
