import type {
  AugmentationSummary,
  AugmentFileRequest,
  FileContext,
  FileProgress,
  WriteFileRequest,
} from '@taxon/augmentation';
import type { DataFormat, ReadDatasetOptions } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { Command } from 'commander';
import { augmentInput, type AugmentFlags } from '../augment-options.ts';
import type { AugmentViaContext } from '../augment-via.ts';
import { catchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { formatAugmentation, formatCandidates, type MadeCandidate } from '../render/augmentation.ts';
import type { Terminal } from '../terminal.ts';

interface AugmentCommandOptions extends AugmentFlags {
  output?: string;
  format?: DataFormat;
  textColumn?: string;
  labelColumn?: string[];
  pairColumn?: string;
  sourceColumn?: string;
  idColumn?: string;
  translator?: string;
  labelSeparator?: string;
  onlyNew?: boolean;
  report?: string;
  dryRun?: boolean;
  resume?: boolean;
  json?: boolean;
  quiet?: boolean;
  via?: string;
}

const helpExamples = `
Methods (--method NAME[:WEIGHT][,option=value]…, repeatable; default: synonyms):
METHODS

Examples:
  taxon augment tickets.csv --output more.csv                             one text a row, by synonyms
  taxon augment tickets.csv --output more.csv --method synonyms:3,share=0.3 --method swap --method delete
  taxon augment tickets.csv --output more.csv --target median             only classes below the median, up to it
  taxon augment tickets.csv --output more.csv --method similar,texts=inbox.txt --encoder all-MiniLM-L6-v2
  taxon augment tickets.csv --output more.csv --method back-translation,via=es,engine=apertium
  taxon augment tickets.csv --output more.csv --method back-translation,via=de --translator localhost:50070
  taxon augment tickets.csv --output more.csv --set policy.rows=hard --set policy.model=model/
  taxon augment tickets.csv --dry-run --set quality.similarity=0.7 --encoder all-MiniLM-L6-v2
  taxon augment tickets.csv --output more.csv --via kafka://broker:9092   rows by whichever augmenter takes them
  taxon train more.csv --out model/     what was made of held-out texts is left out of training`;

/** Candidates that a dry run shows. */
const shownCandidates = 10;

const columnsOf = (options: AugmentCommandOptions): ReadDatasetOptions => {
  const { labelColumn = ['label'], format, textColumn, pairColumn, sourceColumn, idColumn, labelSeparator } = options;
  return {
    format,
    textColumn,
    pairColumn,
    sourceColumn,
    idColumn,
    labelSeparator,
    tasks: labelColumn.map((column) => ({ column })),
  };
};

/** Shows stages as they begin. */
const showProgress = (view: ProgressView): ((progress: FileProgress) => void) => {
  let stage: FileProgress['stage'] | undefined;
  let began = 0;
  return ({ stage: now, rows, total = 0 }) => {
    if (now !== stage) {
      view.begin((stage = now));
      began = performance.now();
    }
    const seconds = (performance.now() - began) / 1000;
    const left = rows > 0 && total > rows && seconds > 1 ? { secondsLeft: (seconds / rows) * (total - rows) } : {};
    if (rows > 0) view.update({ done: rows, total, unit: 'texts', ...left });
  };
};

const dryRun = async (
  terminal: Terminal,
  request: AugmentFileRequest,
  { json }: AugmentCommandOptions,
  context: FileContext,
): Promise<void> => {
  const { augmentOpened, openFile } = await import('@taxon/augmentation');
  const shown: MadeCandidate[] = [];
  const opened = await openFile(request, context);
  const onCandidate = (candidate: MadeCandidate): void => {
    if (shown.length < shownCandidates && candidate.reason !== 'none') shown.push(candidate);
  };
  const made = augmentOpened(opened, request, { ...context, onProgress: undefined, onCandidate })[
    Symbol.asyncIterator
  ]();
  while (shown.length < shownCandidates && (await made.next()).done !== true);
  await made.return?.();
  if (json) return terminal.out(JSON.stringify({ file: request.data, candidates: shown }));
  for (const line of formatCandidates(shown)) terminal.out(line);
};

/** A translator of the user's own; gRPC is loaded where there is one. */
const connect = async (address: string | undefined) =>
  address === undefined ? undefined : (await import('@taxon/app-augmenter')).connectTranslator(address);

/** Rows augmented by all augmenters on a bus. */
const augmentSplit = async (
  via: string,
  request: Omit<WriteFileRequest, 'resume'>,
  context: Omit<AugmentViaContext, 'bus'>,
): Promise<AugmentationSummary> => {
  const [{ openBus }, { augmentVia }] = await Promise.all([import('../open-bus.ts'), import('../augment-via.ts')]);
  await using bus = await openBus(via, '--via');
  return await augmentVia(request, { ...context, bus });
};

/** @throws TaxonError `invalid_input` for what others cannot do for this process */
const checkVia = ({ via, dryRun, translator }: AugmentCommandOptions): void => {
  if (via === undefined) return;
  if (dryRun) throw invalidInput('--via is given with --dry-run', 'A dry run is done here: leave --via out.');
  if (translator !== undefined)
    throw invalidInput(
      '--via is given with --translator',
      'Augmenters ask their own: start them with the option translator (--translator ADDRESS).',
    );
};

const augment = async (terminal: Terminal, data: string, options: AugmentCommandOptions): Promise<void> => {
  checkVia(options);
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const connection = await connect(options.translator);
  const context = { signal: interrupt.signal, translator: connection?.translator, onProgress: showProgress(view) };
  try {
    const { augmentFile, parseAugmentOptions, writeAugmentationReport } = await import('@taxon/augmentation');
    const { parseYaml } = await import('../yaml.ts');
    const parsed = parseAugmentOptions(await augmentInput(options, parseYaml), 'options');
    const request = { data, columns: columnsOf(options), options: parsed };
    if (options.dryRun) {
      await dryRun(terminal, request, options, context);
      return view.end();
    }
    const { output, onlyNew, resume, report } = options;
    if (output === undefined)
      throw invalidInput('--output is missing', 'Name the file to write, or give --dry-run to see 10 candidates.');
    const summary = await (options.via === undefined
      ? augmentFile({ ...request, output, onlyNew, resume }, context)
      : augmentSplit(options.via, { ...request, output, onlyNew }, context));
    view.end();
    for (const { message, level } of summary.notes) view.note(message, level);
    const page =
      report === undefined
        ? undefined
        : await writeAugmentationReport(report, summary, {
            name: data,
            createdAt: new Date().toISOString(),
            options: parsed,
          });
    if (options.json) return terminal.out(JSON.stringify({ file: data, output, report: page, ...summary }));
    for (const line of formatAugmentation(summary)) terminal.out(line);
    terminal.out(`output ${output}${page === undefined ? '' : `\nreport ${page}`}`);
  } finally {
    view.abandon();
    connection?.close();
    interrupt.dispose();
  }
};

const repeatable = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

export const addAugmentCommand = (program: Command, terminal: Terminal): void => {
  program
    .command('augment')
    .description('make more labelled texts of a labelled file')
    .argument('<data>', 'labelled file: CSV, TSV, JSONL or a JSON array')
    .option('-o, --output <file>', 'write rows and made texts there: .csv, .tsv or .jsonl')
    .option('-m, --method <name>', 'a method, its weight and options (repeatable; default: synonyms)', repeatable)
    .option('--per-row <n>', 'texts made of every row (default: 1; parts work)', Number)
    .option('--target <n>', 'texts of every class in the end: a number, median or largest')
    .option('--below <n>', 'only classes with fewer rows', wholeNumber(1))
    .option('--encoder <name>', 'folder or hub id of the encoder that methods and checks read texts by')
    .option('--language <code>', 'ISO 639-1 (default: auto, by the script of each text)')
    .option('--seed <n>', 'same seed, same rows: same texts', wholeNumber(0))
    .option('--options <file>', 'YAML or JSON file of options; flags win over it')
    .option('--set <option=value>', 'any other option, e.g. quality.similarity=0.7 (repeatable)', repeatable)
    .option('--translator <address>', 'a TranslatorService of your own, for back-translation (gRPC)')
    .option('--only-new', 'without the rows that were there')
    .option('--report <folder>', 'write augmentation.html and augmentation.json there')
    .option('--dry-run', `write nothing, show ${shownCandidates} candidates`)
    .option('--resume', 'go on with an interrupted run of the same options')
    .option(
      '--via <bus>',
      "let augmenters do it: kafka, kafka://HOST:PORT, or an embedded log's folder; the same command goes on with an interrupted run",
    )
    .option('--format <name>', "csv, tsv, jsonl or json (default: by the file's ending)")
    .option('--text-column <name>', 'column or key of the texts (default: text)')
    .option(
      '--label-column <name>',
      'column or key of the labels (default: label; repeatable for several tasks)',
      repeatable,
    )
    .option('--label-separator <text>', 'between the labels of one cell, e.g. "|"')
    .option('--source-column <name>', 'column or key of where a text comes from, which made texts keep')
    .option('--pair-column <name>', "column or key of each text's second one, which made texts keep")
    .option('--id-column <name>', 'column or key that names a row, as the parent of what is made of it (default: id)')
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', () => helpExamples.replace('METHODS', methodHelp()))
    .action((data: string, options: AugmentCommandOptions) => augment(terminal, data, options));
};

/** Names and what they do, without loading the library: `augment.test.ts` sees to it that none is missing. */
export const methodDescriptions: Readonly<Record<string, string>> = {
  insert: 'repeats words at other places',
  delete: 'leaves words out',
  swap: 'lets words change places',
  keyboard: 'typing mistakes',
  ocr: 'mistakes of text recognition',
  case: 'another case',
  punctuation: 'punctuation missing, another, too much',
  synonyms: 'other words of the same meaning (English, Chinese, or lexicon=FILE)',
  homophones: 'Chinese characters of the same sound',
  contextual: 'words that an encoder’s masked-language head finds likely (needs --encoder)',
  mix: 'sentences of two texts of one class',
  templates: 'templates and word lists of a domain (file=FILE)',
  similar: 'near neighbours in unlabelled texts (texts=FILE, needs --encoder)',
  'back-translation': 'into another language and back (via=LANGUAGE, engine=apertium or huggingface)',
  generate: 'a generative model continues examples of the class (model=NAME)',
};

const methodHelp = (): string =>
  Object.entries(methodDescriptions)
    .map(([name, description]) => `  ${name.padEnd(17)} ${description}`)
    .join('\n');
