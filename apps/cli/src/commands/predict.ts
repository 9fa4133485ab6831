import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { TextFormat } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { Prediction, TextInput } from '@taxon/models';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { countOf } from '../render/format.ts';
import { formatPrediction } from '../render/predictions.ts';
import type { Terminal } from '../terminal.ts';
import { inBatches, slices } from '../text-batches.ts';
import { writeAtomically } from '../write-atomically.ts';

interface PredictOptions {
  input?: string;
  output?: string;
  top: number;
  format?: TextFormat;
  textColumn?: string;
  pairColumn?: string;
  threads?: number;
  json?: boolean;
  quiet?: boolean;
  via?: string;
}

const examples = `
Examples:
  taxon predict model/ "where is my parcel?" "I want my money back"
  taxon predict model/ --input new.csv --text-column body --output answers.jsonl
  tail -f app.log | taxon predict model/ - --json --top 1
  taxon predict tickets --input big.jsonl --output answers.jsonl --via kafka://broker:9092
                                    answered by all inference services that take part`;

const standardInput = '-';

/** Lines of standard input, blank ones left out. */
async function* standardInputLines(signal: AbortSignal): AsyncGenerator<string> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity, signal }))
    if (line.trim() !== '') yield line;
  signal.throwIfAborted(); // an aborted interface ends as if the input had
}

interface Texts {
  batches: AsyncIterable<TextInput[]> | Iterable<TextInput[]>;
  /** How many there will be; 0 when only the end will tell. */
  total: number;
}

const readFileTexts = async (path: string, options: PredictOptions, view: ProgressView, signal: AbortSignal) => {
  const { readTexts } = await import('@taxon/data');
  const { format, textColumn, pairColumn } = options;
  const { texts, notes } = await readTexts(path, { format, textColumn, pairColumn, signal });
  for (const { message, level } of notes) view.note(message, level);
  const inputs = texts.map(({ text, pair }): TextInput => (pair === undefined ? text : { text, pair }));
  return { batches: slices(inputs), total: texts.length };
};

/** The texts to classify: arguments, a file, or the lines of standard input. */
const openTexts = async (
  terminal: Terminal,
  texts: readonly string[],
  options: PredictOptions,
  view: ProgressView,
  signal: AbortSignal,
): Promise<Texts> => {
  if (options.pairColumn !== undefined && (options.input === undefined || options.input === standardInput))
    throw invalidInput('--pair-column is given without a file of texts', 'give the file by --input');
  if (options.input !== undefined && options.input !== standardInput) {
    if (texts.length > 0) throw invalidInput('texts are given both as arguments and by --input', 'give one of them');
    return readFileTexts(options.input, options, view, signal);
  }
  const fromPipe = options.input === standardInput || (texts.length === 1 && texts[0] === standardInput);
  if (texts.length > 0 && !fromPipe) return { batches: slices(texts), total: texts.length };
  if (fromPipe || terminal.piped) return { batches: inBatches(standardInputLines(signal)), total: 0 };
  throw invalidInput('no text is given', 'e.g. taxon predict model/ "a text", --input texts.csv, or - for piped lines');
};

/** The only task of a model is told once. */
const jsonLine = (
  input: TextInput,
  { labels, answer, tasks, tokens, truncated }: Prediction,
  version?: number,
): string =>
  JSON.stringify({
    ...(typeof input === 'string' ? { text: input } : input),
    ...(tasks.length > 1 ? { tasks } : { labels, answer }),
    tokens,
    truncated,
    ...(version !== undefined && { version }),
  });

/** A model that is promoted while a file is answered answers the rest of it. */
const noteVersions = (versions: ReadonlyMap<number, number>): string => {
  const each = [...versions].sort(([a], [b]) => a - b);
  return `${each.length} versions answered: ${each.map(([version, n]) => `${version} (${countOf(n, 'text')})`).join(', ')}`;
};

/** A model's name where services answer, not a folder's. */
const predictSplit = async (terminal: Terminal, model: string, texts: readonly string[], options: PredictOptions) => {
  const { input, output, via, top } = options;
  if (input === undefined || input === standardInput || texts.length > 0)
    throw invalidInput('--via is for a file of texts', 'give the file by --input');
  if (output === undefined) throw invalidInput('--via needs --output', 'e.g. --output answers.jsonl');
  const [{ openBus }, { predictVia }, { readTexts }] = await Promise.all([
    import('../open-bus.ts'),
    import('../predict-via.ts'),
    import('@taxon/data'),
  ]);
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const bus = await openBus(via!, '--via');
  try {
    const { format, textColumn, pairColumn } = options;
    const { texts: rows, notes } = await readTexts(input, { format, textColumn, pairColumn, signal });
    for (const { message, level } of notes) view.note(message, level);
    const inputs = rows.map(({ text, pair }): TextInput => (pair === undefined ? text : { text, pair }));
    const digest = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
    view.begin('predict');
    const onProgress = (done: number): void => view.update({ done, total: inputs.length, unit: 'texts' });
    const asked = { model, inputs, digest, top, output };
    const versions = await predictVia({ ...asked, bus, toLine: jsonLine, onProgress, signal });
    view.end();
    if (versions.size > 1) view.note(noteVersions(versions), 'warning');
    if (options.json)
      terminal.out(JSON.stringify({ output, n: inputs.length, versions: Object.fromEntries(versions) }));
    else terminal.out(`${countOf(inputs.length, 'prediction')} written to ${output}`);
  } finally {
    view.abandon();
    interrupt.dispose();
    await bus.close();
  }
};

const predict = async (terminal: Terminal, model: string, texts: readonly string[], options: PredictOptions) => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const { loadClassifier } = await import('@taxon/models');
  const source = await openTexts(terminal, texts, options, view, signal);
  const classifier = await loadClassifier(model, { threads: options.threads, signal });
  let done = 0;

  async function* lines(format: (input: TextInput, prediction: Prediction) => string): AsyncGenerator<string> {
    for await (const batch of source.batches) {
      const predictions = await classifier.classify(batch, { topK: options.top, signal });
      for (const [at, input] of batch.entries()) yield format(input, predictions[at]!);
      done += batch.length;
      if (options.output !== undefined) view.update({ done, total: source.total, unit: 'texts' });
    }
  }
  const forAPerson = (input: TextInput, prediction: Prediction): string =>
    formatPrediction(
      typeof input === 'string' ? input : `${input.text} | ${input.pair}`,
      prediction,
      terminal.outColors,
      terminal.columns,
    );

  try {
    if (options.output === undefined) {
      for await (const line of lines(options.json ? jsonLine : forAPerson)) terminal.out(line);
      return;
    }
    view.begin('predict');
    await writeAtomically(options.output, lines(jsonLine), signal);
    view.end();
    if (options.json) terminal.out(JSON.stringify({ output: options.output, n: done }));
    else terminal.out(`${countOf(done, 'prediction')} written to ${options.output}`);
  } finally {
    view.abandon();
    interrupt.dispose();
    await classifier.dispose();
  }
};

export const addPredictCommand = (program: Command, terminal: Terminal): void => {
  program
    .command('predict')
    .description('classify texts')
    .argument('<model>', 'model folder; with --via the name that services know it by')
    .argument('[texts...]', 'texts to classify, or - for the lines of standard input')
    .option('-i, --input <file>', 'file of texts: .txt (one a line), .csv, .tsv, .jsonl or .json; - for standard input')
    .option('--output <file>', 'write the answers there, one JSON object a line')
    .option('--top <n>', 'labels shown a text', wholeNumber(1), 3)
    .option('--format <name>', "csv, tsv, jsonl, json or txt (default: by the file's ending)")
    .option('--text-column <name>', 'column or key of the texts (default: text)')
    .option('--pair-column <name>', "column or key of each text's second one, for a model of sentence pairs (--input)")
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option(
      '--via <bus>',
      "let inference services answer: kafka, kafka://HOST:PORT, or an embedded log's folder; resumable",
    )
    .option('--json', 'one JSON object a line')
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action((model: string, texts: string[], options: PredictOptions) =>
      options.via === undefined
        ? predict(terminal, model, texts, options)
        : predictSplit(terminal, model, texts, options),
    );
};
