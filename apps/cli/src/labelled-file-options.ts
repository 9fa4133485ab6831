import type { Command } from 'commander';

/**
 * How a labelled file is read: `LabelledFileOptions`.
 * @param options `source: false`: nothing is scored by where texts come from
 */
export const addLabelledFileOptions = (command: Command, { source = true } = {}): Command => {
  command
    .option('--format <name>', "csv, tsv, jsonl or json (default: by the file's ending)")
    .option('--text-column <name>', 'column or key of the texts (default: text)')
    .option(
      '--label-column <name>',
      'column or key of the labels (default: label); TASK=NAME for a model of several tasks (default: the task; repeatable)',
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    )
    .option('--label-separator <text>', 'between the labels of one cell, e.g. "|", for a multi-label model')
    .option('--pair-column <name>', "column or key of each text's second one, for a model of sentence pairs");
  return source
    ? command.option(
        '--source-column <name>',
        'column or key of where a text comes from: scores by source in the report',
      )
    : command;
};
