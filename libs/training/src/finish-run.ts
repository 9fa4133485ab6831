import { basename, join, resolve } from 'node:path';
import { renderReport } from '@taxon/evaluation';
import { saveModelFolder } from '@taxon/models';
import { buildReport } from './build-report.ts';
import type { FitProgress } from './fit.ts';
import { weightsOf, type ModelState } from './model-state.ts';
import type { PreparedData } from './prepare-data.ts';
import type { TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';
import type { Scored } from './score.ts';

export interface FinishedRun {
  recipe: Recipe;
  data: PreparedData;
  /** Where the tokenizer lies. */
  encoderFolder: string;
  state: ModelState;
  maxLength: number;
  progress: FitProgress;
  validation: Scored | undefined;
  test: Scored | undefined;
  reporter: Reporter;
  /** performance.now() at the run's start */
  started: number;
}

const peakMemory = (): number => process.resourceUsage().maxRSS * 1024; // maxRSS is in KiB

/** Writes the model folder and, within it, the run's report. */
export const finishRun = async (run: FinishedRun): Promise<TrainingResult> => {
  const { recipe, data, encoderFolder, state, maxLength, validation, test, reporter, started } = run;
  reporter.stage('save');
  const results = Object.entries({ validation, test }).flatMap(([split, scored]) =>
    scored === undefined
      ? []
      : [
          {
            split,
            examples: scored.metrics.n,
            accuracy: scored.metrics.accuracy,
            macroF1: scored.metrics.macroF1,
            weightedF1: scored.metrics.weightedF1,
          },
        ],
  );
  const modelFolder = resolve(recipe.output);
  const { labels } = data.labels;
  await saveModelFolder(
    modelFolder,
    { encoder: state.encoder, head: state.head, weights: weightsOf(state), labels, maxLength },
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
  await renderReport(buildReport({ ...run, timings: reporter.timings(), peakMemoryBytes: peakMemory() }), runFolder);
  return {
    modelFolder,
    runFolder,
    labels,
    validation: validation?.metrics,
    test: test?.metrics,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: peakMemory(),
  };
};
