import type { ClassifyRequest, ClassifyResponse } from '@taxon/contracts';
import { invalidInput } from '@taxon/errors';
import type { TextInput } from '@taxon/models';
import type { CallContext } from '@taxon/service';
import { answersOf, toPredictionMessage } from './answers.ts';
import type { Config } from './config.ts';
import type { ModelPool } from './model-pool.ts';
import type { ModelSource } from './model-source.ts';
import { predictionId } from './prediction-id.ts';
import type { RecentPredictions } from './recent-predictions.ts';
import type { Sampling } from './sampled-answers.ts';

const fieldError = (field: string, description: string) =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const checkRequest = ({ texts, pairs, topK }: ClassifyRequest, maxTexts: number): void => {
  if (texts.length === 0) throw fieldError('texts', 'empty; at least one text is needed');
  if (texts.length > maxTexts)
    throw fieldError('texts', `${texts.length} texts are more than the limit ${maxTexts} (maxTexts)`);
  if (pairs.length > 0 && pairs.length !== texts.length)
    throw fieldError('pairs', `${pairs.length} second texts for ${texts.length} texts; one each, or none at all`);
  if (topK === 0) throw fieldError('top_k', '0; at least 1, or absent for all labels');
};

const inputsOf = ({ texts, pairs }: ClassifyRequest): TextInput[] =>
  pairs.length === 0 ? texts : texts.map((text, i) => ({ text, pair: pairs[i]! }));

export interface ClassifyParts {
  config: Pick<Config, 'maxTexts'>;
  source: ModelSource;
  pool: ModelPool;
  /** What feedback needs; absent where none is taken. */
  recent?: RecentPredictions;
  /** Publishes some answers; absent where nothing is published. */
  sampling?: Sampling;
}

/** The RPC: one version of the model answers all of a request's texts. */
export const createClassify =
  ({ config, source, pool, recent, sampling }: ClassifyParts) =>
  /** @param call names the call in the ids of its predictions */
  async (
    request: ClassifyRequest,
    { signal }: Pick<CallContext, 'signal'>,
    call: string,
  ): Promise<ClassifyResponse> => {
    checkRequest(request, config.maxTexts);
    // What is loaded is known; everything else is looked for.
    const known = pool.describe(request.model).loaded !== undefined;
    const name = known ? request.model : await source.resolve(request.model);
    const sampled = sampling?.begin(request.texts.length);
    const inputs = inputsOf(request);
    const model = await pool.get(name);
    const topK = sampled?.wantsAllLabels === true ? undefined : request.topK;
    const predictions = await model.classify(inputs, { topK, signal });
    const { version, classifier } = model;
    const ids = inputs.map((_, i) => predictionId({ model: name, version }, call, i));
    if (recent !== undefined)
      predictions.forEach((prediction, i) =>
        recent.remember(ids[i]!, {
          text: request.texts[i]!,
          pair: request.pairs[i],
          answers: answersOf(prediction, classifier.space),
        }),
      );
    sampled?.publish({ model, shadow: pool.describe(name).shadow, inputs, ids, predictions });
    return {
      predictions: predictions.map((prediction, i) => toPredictionMessage(prediction, ids[i]!, request.topK)),
      model: name,
      version,
    };
  };
