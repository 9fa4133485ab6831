import type { Command } from 'commander';
import { addLabelledFileOptions } from '../labelled-file-options.ts';
import type { AddRowsOptions } from '../monitor/add-rows.ts';
import type { DecideOptions } from '../monitor/decide.ts';
import type { RetrainOptions } from '../monitor/retrain.ts';
import { wholeNumber } from '../option-values.ts';
import { addServiceOptions, type ServiceOptions } from '../service-options.ts';
import type { Terminal } from '../terminal.ts';

const examples = `
Examples:
  taxon up --registry registry                             a monitor, and all else that the loop needs
  taxon monitor status intents
  taxon monitor add intents june.csv --text-column body --label-column intent
  taxon monitor retrain intents --reason "a new intent" --wait
  taxon monitor promote intents 3
  taxon monitor roll-back intents --reason "complaints"`;

const version = wholeNumber(1);
const names = (text: string): string[] => text.split(',').map((name) => name.trim());

const addWatching = (monitor: Command, terminal: Terminal): void => {
  addServiceOptions(
    monitor
      .command('status')
      .description('what serves, what is known of it, and what was decided last')
      .argument('<model>', 'name of the model'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  taxon monitor status intents\n  taxon monitor status intents --address monitor-1:50051 --json',
    )
    .action(async (model: string, options: ServiceOptions) => {
      const { showStatus } = await import('../monitor/status.ts');
      await showStatus(terminal, model, options);
    });
  const add = monitor
    .command('add')
    .description('labelled texts for the next training; a label that the model does not know is a new class')
    .argument('<model>', 'name of the model')
    .argument('<file>', 'labelled file: CSV, TSV, JSONL or a JSON array')
    .option('--tasks <names>', 'of a model of several tasks: those that the file tells of, e.g. topic,mood', names);
  addServiceOptions(addLabelledFileOptions(add, { source: false }))
    .option('--by <name>', 'who says so (default: the user)')
    .option('--quiet', 'the result alone')
    .addHelpText(
      'after',
      '\nExamples:\n  taxon monitor add intents june.csv\n  taxon monitor add intents june.jsonl --text-column body --label-column intent\n  taxon monitor add reviews june.csv --tasks topic,mood --label-column mood=feeling\n\nA share of them (monitor.heldOutShare) is kept for comparisons; no version learns from those. Added again, a row is there once.',
    )
    .action(async (model: string, file: string, options: AddRowsOptions) => {
      const { addRows } = await import('../monitor/add-rows.ts');
      await addRows(terminal, [model, file], options);
    });
};

const addActing = (monitor: Command, terminal: Terminal): void => {
  addServiceOptions(
    monitor
      .command('retrain')
      .description('ask for a training now, with all new rows; the gate decides what becomes of it')
      .argument('<model>', 'name of the model')
      .option('--reason <text>', 'why, for the audit log')
      .option('--parent <version>', 'the version that is trained again (default: the one that serves)', version)
      .option('--wait', 'until it is decided'),
  )
    .option('--quiet', 'the result alone')
    .addHelpText(
      'after',
      '\nExamples:\n  taxon monitor retrain intents --wait\n  taxon monitor retrain intents --parent 2 --reason "without June"',
    )
    .action(async (model: string, options: RetrainOptions) => {
      const { retrain } = await import('../monitor/retrain.ts');
      await retrain(terminal, model, options);
    });
  addServiceOptions(
    monitor
      .command('promote')
      .description('let a version serve; the gate is not asked')
      .argument('<model>', 'name of the model')
      .argument('<version>', 'number of the version', version)
      .option('--reason <text>', 'why, for the audit log'),
  )
    .addHelpText('after', '\nExamples:\n  taxon monitor promote intents 3 --reason "better on my own texts"')
    .action(async (model: string, number: number, options: DecideOptions) => {
      const { promote } = await import('../monitor/decide.ts');
      await promote(terminal, [model, number], options);
    });
  addServiceOptions(
    monitor
      .command('roll-back')
      .description('let the version serve that served before')
      .argument('<model>', 'name of the model')
      .option('--reason <text>', 'why, for the audit log'),
  )
    .addHelpText('after', '\nExamples:\n  taxon monitor roll-back intents --reason "complaints"')
    .action(async (model: string, options: DecideOptions) => {
      const { rollBack } = await import('../monitor/decide.ts');
      await rollBack(terminal, model, options);
    });
};

/** `taxon monitor`: what serves and how it does, new rows, trainings and decisions by hand. */
export const addMonitorCommand = (program: Command, terminal: Terminal): void => {
  const monitor = program
    .command('monitor')
    .description('watch what serves, add labelled texts, ask for trainings, promote and roll back')
    .helpCommand(false)
    .addHelpText('after', examples);
  addWatching(monitor, terminal);
  addActing(monitor, terminal);
};
