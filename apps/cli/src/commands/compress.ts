import type { TextInput } from '@taxon/models';
import type { CompressionEvent, CompressionInput, CompressionReport } from '@taxon/distillation';
import { Option, type Command } from 'commander';
import type { LabelledFileOptions } from '../evaluation.ts';
import { catchInterrupt } from '../interrupt.ts';
import { addLabelledFileOptions } from '../labelled-file-options.ts';
import { numberFrom, wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { formatCompression } from '../render/compression.ts';
import type { Terminal } from '../terminal.ts';

interface CompressCommandOptions extends Omit<LabelledFileOptions, 'signal'> {
  to: NonNullable<CompressionInput['to']>;
  data: string;
  output: string;
  calibration?: string;
  method?: NonNullable<CompressionInput['calibration']>['method'];
  calibrationTexts?: number;
  maxLoss?: number;
  keepFloat?: string;
  threads?: number;
  json?: boolean;
  quiet?: boolean;
}

const examples = `
Examples:
  taxon compress model/ --to int8 --data validation.csv --output model-int8/
  taxon compress model/ --to int8-static --data validation.csv --calibration train.csv --output model-int8/
  taxon compress model/ --to int8 --data validation.csv --output small/ --max-loss 0.2 --keep-float layer.0,layer.5.down
  taxon compress model/ --to float16 --data validation.csv --output half/
  taxon serve model-int8/                                  a compressed model is served as any other

int8 rounds weights and activations to bytes: a quarter of the size, and faster. int8-static fixes the range of the activations
beforehand on texts without labels: faster still. float16 halves the size and computes as before. A model that loses more than
--max-loss points of accuracy is refused, unless keeping the parts that cost most in float is enough (--keep-float auto).`;

const show = (view: ProgressView, event: CompressionEvent): void => {
  if (event.kind === 'stage') view.begin(event.stage);
  else if (event.kind === 'notice') view.note(event.message, event.level);
  else view.update(event);
};

const readCalibration = async (
  path: string | undefined,
  { format, textColumn, pairColumn }: CompressCommandOptions,
  view: ProgressView,
  signal: AbortSignal,
): Promise<TextInput[] | undefined> => {
  if (path === undefined) return undefined;
  const { readTexts } = await import('@taxon/data');
  const { texts, notes } = await readTexts(path, { format, textColumn, pairColumn, signal });
  for (const { message, level } of notes) view.note(message, level);
  return texts.map(({ text, pair }): TextInput => (pair === undefined ? text : { text, pair }));
};

const keepFloatFrom = (text: string | undefined): CompressionInput['keepFloat'] =>
  text === undefined || text === 'auto' || text === 'none' ? text : text.split(',').map((name) => name.trim());

const tell = (terminal: Terminal, output: string, report: CompressionReport, json = false): void => {
  if (json) return terminal.out(JSON.stringify({ kind: 'result', output, ...report }));
  for (const line of formatCompression(output, report)) terminal.out(line);
};

const compressModel = async (terminal: Terminal, model: string, options: CompressCommandOptions): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const { to, data, output, calibration, method, calibrationTexts, maxLoss, keepFloat, threads, ...file } = options;
  try {
    const { describeModelFolder } = await import('@taxon/models');
    const { readLabelledFile } = await import('../evaluation.ts');
    const { compress } = await import('@taxon/distillation');
    const { space } = await describeModelFolder(model);
    const dataset = await readLabelledFile(data, space ?? { tasks: [] }, { ...labelled(file), signal });
    for (const { message, level } of dataset.notes) view.note(message, level);
    const report = await compress(
      model,
      {
        output,
        validation: dataset.examples,
        calibrationTexts: await readCalibration(calibration, options, view, signal),
        to,
        maxLoss,
        keepFloat: keepFloatFrom(keepFloat),
        calibration: { method, texts: calibrationTexts },
        threads,
      },
      { signal, onEvent: (event) => show(view, event) },
    );
    view.end();
    tell(terminal, output, report, options.json);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

/** The options of the labelled file among those of the command. */
const labelled = ({
  format,
  textColumn,
  labelColumn,
  labelSeparator,
  sourceColumn,
  pairColumn,
}: Omit<LabelledFileOptions, 'signal'>): LabelledFileOptions => ({
  format,
  textColumn,
  labelColumn,
  labelSeparator,
  sourceColumn,
  pairColumn,
});

/** `taxon compress`: a smaller, faster form of a model, in a folder of its own. */
export const addCompressCommand = (program: Command, terminal: Terminal): void => {
  const command = program
    .command('compress')
    .description('write a smaller, faster form of a model')
    .argument('<model>', 'model folder; it is never changed')
    .requiredOption('--data <file>', 'labelled file that the loss is measured on')
    .requiredOption('--output <folder>', 'folder of the compressed model')
    .addOption(new Option('--to <form>', 'what it becomes').choices(['int8', 'int8-static', 'float16']).default('int8'))
    .option('--calibration <file>', 'texts that int8-static fixes its ranges on; labels are not read')
    .addOption(
      new Option('--method <name>', 'how the ranges are cut (default: percentile)').choices([
        'min-max',
        'percentile',
        'entropy',
      ]),
    )
    .option('--calibration-texts <n>', 'texts taken of that file (default: 300)', wholeNumber(1))
    .option('--max-loss <points>', 'points of accuracy that may be lost (default: 0.5)', numberFrom(0, 100))
    .option('--keep-float <parts>', 'auto, none, or parts that stay float: layer.3.down,layer.0 (default: auto)');
  addLabelledFileOptions(command)
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((model: string, options: CompressCommandOptions) => compressModel(terminal, model, options));
};
