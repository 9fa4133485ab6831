import { basename, resolve } from 'node:path';
import type { FixedRange } from '@taxon/compute';
import type { Example } from '@taxon/data';
import { invalidInput, TaxonError } from '@taxon/errors';
import {
  engineSourceOf,
  expectModelTarget,
  loadModelFolder,
  matrixUnits,
  saveModelFolder,
  type ModelFolder,
  type TextInput,
} from '@taxon/models';
import { calibrate, evenly } from './calibrate.ts';
import { compressedForm, floatForm, measure, score, type Compression, type Scored } from './candidate.ts';
import { compressionNotes } from './card-notes.ts';
import { expandParts } from './expand-parts.ts';
import { keepCostliest, points, refused, type Attempt } from './gate.ts';
import type { CompressionInput, CompressionOptions } from './options.ts';
import { parseCompression } from './parse-options.ts';
import type { CompressionEvent, CompressionStage } from './progress.ts';
import type { CompressionReport, PartCost } from './report.ts';
import { changedShare, sensitivityOf } from './sensitivity.ts';
import { readCardHead } from './source-card.ts';

export interface CompressOptions extends CompressionInput {
  /** Folder of the compressed model. The one that it is made from is never changed. */
  output: string;
  /** What the loss is measured on. */
  validation: readonly Example[];
  /** For static int8; no labels needed, and better not the validation texts. */
  calibrationTexts?: readonly TextInput[];
}

export interface CompressContext {
  signal?: AbortSignal;
  onEvent?: (event: CompressionEvent) => void;
}

type Progress = (done: number, total: number) => void;

const stageTeller = ({ onEvent }: CompressContext) => {
  return (stage: CompressionStage, unit: 'texts' | 'parts' = 'texts'): Progress => {
    onEvent?.({ kind: 'stage', stage });
    return (done, total) => onEvent?.({ kind: 'progress', stage, done, total, unit });
  };
};

const expectCompressible = (folder: string, { precision }: ModelFolder): void => {
  if (precision !== undefined)
    throw invalidInput(
      `${folder} is already compressed to ${precision}`,
      'Compress the fp32 model that it was made from.',
    );
};

const expectTexts = ({ validation, calibrationTexts = [] }: CompressOptions, { to }: CompressionOptions): void => {
  if (validation.length === 0) throw invalidInput('there are no validation texts to measure the loss on');
  if (to === 'int8-static' && calibrationTexts.length === 0)
    throw invalidInput(
      'int8-static needs calibration texts, and none are given',
      'Give a few hundred texts like those that will be asked, e.g. the training texts; or take int8, which needs none.',
    );
};

const accuracyOf = ({ figures }: Scored): number => figures.accuracy ?? 0;

/** A cancelled signal as the error that callers know. */
const asCancelled = (error: unknown, signal?: AbortSignal): unknown =>
  signal?.aborted ? new TaxonError({ code: 'cancelled', message: 'compressing was cancelled' }) : error;

interface Chosen {
  attempt: Attempt;
  sensitivity: PartCost[];
}

/** The form that passes the gate. */
const choose = async (
  compression: Compression,
  before: Scored,
  options: CompressionOptions,
  ranges: Record<string, FixedRange> | undefined,
  tell: ReturnType<typeof stageTeller>,
): Promise<Chosen> => {
  const { to, maxLoss, keepFloat } = options;
  const parts = matrixUnits(compression.folder.encoder).map(({ name }) => name);
  const attempt = async (kept: ReadonlySet<string>): Promise<Attempt> => {
    const form = compressedForm(to, compression, kept, ranges);
    const scored = await score(form, compression, tell('compress'));
    const loss = 100 * (accuracyOf(before) - accuracyOf(scored));
    return { form, scored, loss, keptFloat: parts.filter((part) => kept.has(part)) };
  };
  const first = await attempt(Array.isArray(keepFloat) ? expandParts(keepFloat, parts) : new Set());
  if (first.loss <= maxLoss) return { attempt: first, sensitivity: [] };
  if (to === 'float16') throw refused(to, first.loss, maxLoss, []);
  const left = parts.filter((part) => !first.keptFloat.includes(part));
  const sensitivity = await sensitivityOf(to, left, compression, ranges, tell('sensitivity', 'parts'));
  const passed = keepFloat === 'auto' ? await keepCostliest(sensitivity, maxLoss, attempt) : undefined;
  if (passed === undefined) throw refused(to, first.loss, maxLoss, sensitivity);
  return { attempt: passed, sensitivity };
};

const save = async (
  compression: Compression,
  { output }: CompressOptions,
  { form }: Attempt,
  report: CompressionReport,
): Promise<void> => {
  const { folder, signal } = compression;
  const { head, space, lineage } = folder;
  if (!head || !space || !form.numbers) throw new TaxonError({ code: 'internal', message: 'nothing to save' });
  const card = {
    name: basename(resolve(output)),
    ...(await readCardHead(folder.folder)),
    results: [{ split: 'validation', examples: report.texts.validation, figures: report.after.figures }],
    notes: [compressionNotes(report)],
  };
  await saveModelFolder(
    output,
    { ...folder, head, space },
    {
      tokenizerFrom: folder.encoderFolder,
      card,
      lineage: { ...lineage, compression: { from: basename(resolve(folder.folder)), to: report.options.to } },
      files: { 'compression.json': report },
      compressed: form.numbers,
      signal,
    },
  );
};

const compressChecked = async (
  path: string,
  given: CompressOptions,
  options: CompressionOptions,
  context: CompressContext,
): Promise<CompressionReport> => {
  const { signal } = context;
  const tell = stageTeller(context);
  tell('read');
  const folder = await loadModelFolder(path, { signal });
  expectCompressible(path, folder);
  const source = await engineSourceOf(folder);
  const { threads, to, calibration } = options;
  const compression: Compression = { folder, source, examples: given.validation, threads, signal };
  const before = await score(floatForm(compression), compression, tell('score'));
  const texts = to === 'int8-static' ? evenly(given.calibrationTexts ?? [], calibration.texts) : [];
  const ranges =
    texts.length > 0 ? await calibrate(source, texts, options, { signal, onProgress: tell('calibrate') }) : undefined;
  const { attempt, sensitivity } = await choose(compression, before, options, ranges, tell);
  if (attempt.keptFloat.length > 0 && options.keepFloat === 'auto')
    context.onEvent?.({
      kind: 'notice',
      level: 'info',
      message: `kept float, so that ${points(Math.max(0, attempt.loss))} are lost: ${attempt.keptFloat.join(', ')}`,
    });
  tell('measure');
  const report: CompressionReport = {
    options,
    texts: { validation: given.validation.length, calibration: texts.length },
    before: await measure(floatForm(compression), compression, before),
    after: await measure(attempt.form, compression, attempt.scored),
    loss: attempt.loss,
    agreement: 1 - changedShare(before.logits, attempt.scored.logits, before.logits.length / given.validation.length),
    keptFloat: attempt.keptFloat,
    sensitivity,
  };
  tell('save');
  await save(compression, given, attempt, report);
  return report;
};

/**
 * Writes a smaller, faster form of a model into a folder of its own, whole or not at all.
 * @throws TaxonError `failed_precondition` where the loss is above `maxLoss`, naming the parts that cost most; `invalid_input`
 * for options, texts or a model that cannot be compressed; `already_exists` for an output that is not ours; `cancelled`
 */
export const compress = async (
  folder: string,
  given: CompressOptions,
  context: CompressContext = {},
): Promise<CompressionReport> => {
  const { output, validation, calibrationTexts, ...input } = given;
  const options = parseCompression(input);
  expectTexts({ output, validation, calibrationTexts }, options);
  if (resolve(output) === resolve(folder))
    throw invalidInput(`the output is ${output}, the model itself`, 'Choose another folder: a model is never changed.');
  await expectModelTarget(output);
  try {
    return await compressChecked(folder, given, options, context);
  } catch (error) {
    throw asCancelled(error, context.signal);
  }
};
