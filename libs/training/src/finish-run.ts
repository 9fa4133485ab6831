import { basename, join, resolve } from 'node:path';
import { renderReport } from '@taxon/evaluation';
import { saveModelFolder, type CardResult } from '@taxon/models';
import { buildReport } from './build-report.ts';
import type { FinalScores } from './final-scores.ts';
import type { FitProgress } from './fit.ts';
import { weightsOf } from './model-state.ts';
import type { TrainingResult } from './progress.ts';
import type { Run } from './run.ts';
import { titledFigures, type Scores } from './scores.ts';

export interface FinishedRun extends Run {
  /** Where the tokenizer lies. */
  encoderFolder: string;
  maxLength: number;
  progress: FitProgress;
  final: FinalScores;
  /** performance.now() at the run's start */
  started: number;
}

export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024; // maxRSS is in KiB

const cardResults = (split: string, { tasks }: Scores): CardResult[] =>
  tasks.map((scores) => ({
    split: tasks.length === 1 ? split : `${split}, ${scores.task}`,
    examples: scores.n,
    figures: titledFigures(scores),
  }));

/** Writes the model folder and, within it, the run's report. */
export const finishRun = async (run: FinishedRun): Promise<TrainingResult> => {
  const { recipe, data, space, encoderFolder, state, maxLength, final, prompt, reporter, started } = run;
  const { validation, test, rule } = final;
  reporter.stage('save');
  const results = Object.entries({ validation, test }).flatMap(([split, scored]) =>
    scored === undefined ? [] : cardResults(split, scored.scores),
  );
  const modelFolder = resolve(recipe.output);
  const pairs = recipe.data.pairColumn !== undefined;
  await saveModelFolder(
    modelFolder,
    { encoder: state.encoder, head: state.head, weights: weightsOf(state), space, rule, maxLength, pairs, prompt },
    {
      tokenizerFrom: encoderFolder,
      card: { name: basename(modelFolder), baseModel: recipe.encoder, results },
      lineage: {
        encoder: recipe.encoder,
        recipe: JSON.parse(JSON.stringify(recipe)) as never,
        dataDigest: data.digest,
      },
    },
  );
  const runFolder = join(modelFolder, 'run');
  await renderReport(buildReport(run), runFolder);
  return {
    modelFolder,
    runFolder,
    space,
    validation: validation?.scores,
    test: test?.scores,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: peakMemory(),
  };
};
