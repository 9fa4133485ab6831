import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { renderReport, writeWhole } from '@taxon/evaluation';
import {
  saveModelFolder,
  type CardResult,
  type DecisionRule,
  type ModelCard,
  type SaveModelOptions,
} from '@taxon/models';
import { buildReport } from './build-report.ts';
import type { FinalScores } from './final-scores.ts';
import { madeFrom } from './extra-loss.ts';
import type { FitProgress } from './fit.ts';
import { weightsOf } from './model-state.ts';
import type { Insights } from './plans/insights.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { TrainingResult } from './progress.ts';
import type { Run } from './run.ts';
import { saveAnswers } from './save-answers.ts';
import { codeVersion } from './version.ts';
import { titledFigures, type Scores } from './scores.ts';

/** What a run has to tell when nothing is left to train. */
export interface FinishedRun extends Pick<
  Run,
  'recipe' | 'data' | 'space' | 'reporter' | 'log' | 'options' | 'extension'
> {
  progress: FitProgress;
  final: FinalScores;
  /** performance.now() at the run's start */
  started: number;
  /** What its other trainings have shown. */
  insights?: Insights;
}

export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024; // maxRSS is in KiB

const cardResults = (split: string, { tasks }: Scores): CardResult[] =>
  tasks.map((scores) => ({
    split: tasks.length === 1 ? split : `${split}, ${scores.task}`,
    examples: scores.n,
    figures: titledFigures(scores),
  }));

/** Where a run without evaluations ended. */
const lastStep = ({ history }: FitProgress): { step: number; epoch: number } => ({
  step: history.at(-1)?.step ?? 0,
  epoch: history.at(-1)?.epoch ?? 0,
});

/** What a model folder says of its making. */
export interface SavedFacts {
  card: ModelCard;
  lineage: NonNullable<SaveModelOptions['lineage']>;
}

/** Writes the model folder of a run's state. */
export const saveState = (
  folder: string,
  { recipe, space, state, prompt }: Run,
  { encoderFolder, maxLength }: Pick<PreparedRun, 'encoderFolder' | 'maxLength'>,
  rule: DecisionRule,
  facts: SavedFacts,
): Promise<void> => {
  const pairs = recipe.data.pairColumn !== undefined;
  return saveModelFolder(
    folder,
    { encoder: state.encoder, head: state.head, weights: weightsOf(state), space, rule, maxLength, pairs, prompt },
    { tokenizerFrom: encoderFolder, ...facts },
  );
};

export const savedFacts = (run: Pick<Run, 'recipe' | 'data' | 'extension'>, results: CardResult[]): SavedFacts => {
  const { recipe, data, extension } = run;
  const encoder = madeFrom(run);
  return {
    card: { name: basename(resolve(recipe.output)), baseModel: encoder, results },
    lineage: {
      codeVersion,
      encoder,
      recipe: JSON.parse(JSON.stringify({ ...recipe, encoder })) as never,
      dataDigest: data.digest,
      ...extension?.lineage,
    },
  };
};

/** File of a run folder with the answers to the test texts, else to the validation texts. */
const answersFile = 'answers.jsonl';

/** What another run may have left in the folder and this one perhaps does not write: it would be taken for this one's. */
const leftBefore = [answersFile, 'out-of-fold.jsonl', 'best-recipe.yaml', 'epochs'];

/** The report and what stands beside it, but for the log. */
const writeRunFolder = async (run: FinishedRun, folder: string): Promise<void> => {
  const { final, data, space, log, insights, options } = run;
  const split = (['test', 'validation'] as const).find((part) => final[part] !== undefined);
  const told = { path: answersFile, what: `the model's answer to every ${split} text, for taxon compare` };
  const found = insights?.files ?? [];
  const files = [...(split ? [told] : []), ...found.map(({ path, what }) => ({ path, what })), ...(await log.files())];
  await renderReport(buildReport(run, files), folder);
  for (const { path, content } of found) await writeWhole(join(folder, path), content, options.signal);
  if (split === undefined) return;
  const answers = { space, rule: final.rule, examples: data[split], logits: final[split]!.logits };
  await saveAnswers(join(folder, answersFile), answers, { split, signal: options.signal });
};

/** Writes the model folder and, within it, the run's report. */
export const finishRun = async (
  run: FinishedRun,
  save: (folder: string, facts: SavedFacts) => Promise<void>,
): Promise<TrainingResult> => {
  const { recipe, space, final, reporter, started, log, progress, options, insights } = run;
  const { validation, test } = final;
  reporter.stage('save');
  const results = Object.entries({ validation, test }).flatMap(([split, scored]) =>
    scored === undefined ? [] : cardResults(split, scored.scores),
  );
  const modelFolder = resolve(recipe.output);
  await save(modelFolder, savedFacts(run, results));
  const runFolder = join(modelFolder, 'run');
  for (const name of leftBefore) await rm(join(runFolder, name), { recursive: true, force: true });
  await writeRunFolder(run, runFolder);
  if (test !== undefined)
    log.evaluation('test', { ...(progress.best ?? lastStep(progress)), scores: test.scores, loss: undefined });
  await log.finish(runFolder, options.signal);
  return {
    modelFolder,
    runFolder,
    space,
    validation: validation?.scores,
    test: test?.scores,
    ...(insights?.search && { search: insights.search }),
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: peakMemory(),
  };
};
