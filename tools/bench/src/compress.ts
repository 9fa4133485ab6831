import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Example } from '@taxon/data';
import { compress as compressModel } from '@taxon/distillation';
import { invalidInput } from '@taxon/errors';
import type { BenchContext, Benchmark, Figures, Outcome, Skipped } from './benchmark.ts';
import { isModelFolder, measureModels, nameOf, type LabelledText, type ModelMeasured } from './measure-models.ts';
import { numberOption } from './option-values.ts';
import { paretoPage, type ParetoPoint } from './pareto.ts';
import { parseJsonLine } from './run-child.ts';
import { formatTable, percent } from './table.ts';
import { runTaxon } from './taxon-run.ts';
import { findDataset } from './workspace.ts';

/** What quantizing.py is asked, as JSON. */
export interface QuantizeRequest {
  /** Folder with `onnx/model.onnx` and `tokenizer.json`. */
  folder: string;
  /** JSON file: list of `{text, label}`. */
  texts: string;
  labels: string[];
  /** Where the quantized file may be written. */
  scratch: string;
  rounds: number;
  singles: number;
}

const forms = ['int8', 'int8-static', 'float16'] as const;

const readPart = async (folder: string, part: string): Promise<LabelledText[]> => {
  const lines = (await readFile(join(folder, `${part}.jsonl`), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LabelledText);
};

const examplesOf = (texts: readonly LabelledText[]): Example[] =>
  texts.map(({ text, label }, i) => ({ text, line: i + 1, labels: [[label]] }));

/** The model that is compressed: the one named, or one trained here. */
const teacherOf = async (context: BenchContext, dataset: string, scratch: string): Promise<string> => {
  const { options, workspaceRoot, say, signal } = context;
  const given = options.model;
  if (given !== undefined) return resolve(given);
  say('training the model that is compressed (--model FOLDER takes one that is there) …');
  const output = join(scratch, 'float32');
  const columns = { textColumn: 'text', labelColumn: 'label' };
  await runTaxon({ workspaceRoot, dataset, ...columns, output, seed: 0, epochs: 2, settings: [], signal });
  return output;
};

const compressAll = async (context: BenchContext, teacher: string, dataset: string, scratch: string) => {
  const [validation, train] = await Promise.all(['validation', 'train'].map((part) => readPart(dataset, part)));
  const kept: Record<string, string> = {};
  const folders: { name: string; folder: string }[] = [];
  for (const to of forms) {
    const output = join(context.options.forms ?? scratch, to);
    folders.push({ name: to, folder: output });
    if (isModelFolder(output)) continue;
    context.say(`compressing to ${to} …`);
    const report = await compressModel(
      teacher,
      {
        ...{ to, output },
        validation: examplesOf(validation!),
        calibrationTexts: train!.map(({ text }) => text),
        maxLoss: numberOption('max-loss', context.options['max-loss'], { least: 0, most: 100 }),
      },
      { signal: context.signal },
    );
    kept[to] = report.keptFloat.join(', ');
  }
  return { kept, folders };
};

interface PeerAnswer extends Figures {
  models: ModelMeasured[];
}

const runPeer = async (
  context: BenchContext,
  teacher: string,
  texts: readonly LabelledText[],
  scratch: string,
  timing: { rounds: number; singles: number },
): Promise<PeerAnswer | Skipped> => {
  const peer = await context.peer();
  if ('skipped' in peer) return peer;
  context.say("onnxruntime's quantize_dynamic in Python …");
  const { id2label } = JSON.parse(await readFile(join(teacher, 'config.json'), 'utf8')) as {
    id2label: Record<string, string>;
  };
  const labels = Object.keys(id2label).map((_, i) => id2label[i]!);
  const request: QuantizeRequest = { folder: teacher, texts: join(scratch, 'texts.json'), labels, scratch, ...timing };
  await writeFile(request.texts, JSON.stringify(texts));
  const { lastLine } = await peer.run('quantizing.py', [JSON.stringify(request)], context.signal);
  return parseJsonLine(lastLine, 'quantizing.py') as unknown as PeerAnswer;
};

const table = (models: readonly ModelMeasured[]): string => {
  const first = models[0]!;
  return formatTable(
    ['model', 'accuracy', 'MB', 'ms a text', 'quickest tenth', 'texts/s', 'times faster'],
    models.map(({ name, accuracy, megabytes, milliseconds, quickestMilliseconds, textsPerSecond }) => [
      name,
      percent(accuracy),
      megabytes.toFixed(1),
      milliseconds.toFixed(2),
      quickestMilliseconds.toFixed(2),
      textsPerSecond.toFixed(0),
      (first.milliseconds / milliseconds).toFixed(2),
    ]),
  );
};

const asPoint =
  (peer: boolean) =>
  ({ name, accuracy, milliseconds, megabytes }: ModelMeasured): ParetoPoint => ({
    ...{ name, accuracy, milliseconds, megabytes },
    ...(peer && { peer }),
  });

const measureAll = async (context: BenchContext, dataset: string, scratch: string): Promise<Outcome> => {
  const { options, say, signal } = context;
  const timing = {
    rounds: numberOption('rounds', options.rounds, { least: 1, most: 100, whole: true }),
    singles: numberOption('singles', options.singles, { least: 10, most: 100_000, whole: true }),
  };
  const teacher = await teacherOf(context, dataset, scratch);
  const extra = options.models === undefined ? [] : options.models.split(',').map((folder) => resolve(folder.trim()));
  const missing = [teacher, ...extra].find((folder) => !isModelFolder(folder));
  if (missing !== undefined) throw invalidInput(`${missing} is no model folder: it has no config.json`);
  const { kept, folders } = await compressAll(context, teacher, dataset, scratch);
  const texts = await readPart(dataset, 'test');
  const models = [
    { name: 'float32', folder: teacher },
    ...folders,
    ...extra.map((folder) => ({ name: nameOf(folder), folder })),
  ];
  say('measuring in turn …');
  const measured = await measureModels(models, texts, { ...timing, signal, say });
  const peer = await runPeer(context, teacher, texts, scratch, timing);
  const theirs = 'skipped' in peer ? [] : peer.models;
  const plot = resolve(options.plot!);
  await mkdir(dirname(plot), { recursive: true });
  const points = [...measured.map(asPoint(false)), ...theirs.map(asPoint(true))];
  await writeFile(plot, await paretoPage(points, 'Accuracy against latency and size'));
  const [whole, int8] = measured;
  const theirInt8 = theirs.at(-1);
  return {
    taxon: { models: measured, keptFloat: kept, plot },
    peer,
    ratio: {
      int8FasterThanFloat32: whole!.milliseconds / int8!.milliseconds,
      int8PointsLost: 100 * (whole!.accuracy - int8!.accuracy),
      ...(theirInt8 && { int8FasterThanPeerInt8: theirInt8.milliseconds / int8!.milliseconds }),
    },
    text: `${table([...measured, ...theirs])}\n\nplot: ${plot}`,
  };
};

export const compress: Benchmark = {
  summary:
    "int8, static int8 and float16 forms of a model: accuracy, size, latency, throughput; and ONNX Runtime's own",
  options: {
    model: { describe: 'folder of the fp32 model (default: one is trained)' },
    forms: { describe: 'folder where the compressed forms stay, and are taken again (default: none)' },
    models: { describe: 'further model folders in table and plot, with commas, e.g. distilled students' },
    dataset: { describe: 'folder of the benchmark data', default: 'clinc150' },
    rounds: { describe: 'times that every model is loaded and measured', default: '3' },
    singles: { describe: 'texts asked one at a time in a round', default: '200' },
    'max-loss': { describe: 'points of validation accuracy that a form may lose', default: '0.5' },
    plot: { describe: 'file of the plot', default: '.cache/bench/pareto.html' },
  },
  async run(context) {
    const dataset = findDataset(context.workspaceRoot, context.options.dataset!);
    if (typeof dataset !== 'string') throw invalidInput(`--dataset ${context.options.dataset}: ${dataset.skipped}`);
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      return await measureAll(context, dataset, scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
