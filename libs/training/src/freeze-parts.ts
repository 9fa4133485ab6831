import type { SessionOptions } from '@taxon/compute';
import type { PackShape } from '@taxon/text';
import { createForwardFor } from './device.ts';
import type { LabelledTexts } from './fit.ts';
import { cacheBytes, createFrozenLayers, largestCache, type FrozenStates } from './frozen-states.ts';
import type { ModelState, Precision } from './model-state.ts';
import type { Reporter } from './reporter.ts';
import type { Run } from './run.ts';
import type { Parts } from './tokenize-parts.ts';

export interface FreezeOptions {
  shape: PackShape;
  session: SessionOptions;
  precision: Precision;
  signal: AbortSignal;
  reporter: Reporter;
  /** Bytes that may be kept. @default 2 GiB */
  limit?: number;
}

/**
 * The texts that training reads, training and validation part, with what the frozen first layers make of them: kept where
 * that fits the limit, else computed with every batch, which a notice tells.
 */
export const freezeParts = async (
  parts: Parts,
  state: ModelState,
  { shape, session, precision, signal, reporter, limit = largestCache }: FreezeOptions,
): Promise<{ parts: Parts; dispose: () => Promise<void> }> => {
  const { train, validation } = parts;
  const layers = await createFrozenLayers(state, shape, session, precision);
  const bytes = cacheBytes([train, validation], state.encoder.hidden);
  if (bytes > limit) {
    const gibibytes = (size: number): string => (size / 2 ** 30).toFixed(1);
    reporter.emit({
      kind: 'notice',
      level: 'warning',
      message:
        `optimizer.freeze: the frozen layers' outputs would take ${gibibytes(bytes)} GiB, more than the ` +
        `${gibibytes(limit)} GiB that are kept: they are computed in every epoch`,
    });
    const states = layers.onDemand();
    return {
      parts: { ...parts, train: { ...train, states }, validation: { ...validation, states } },
      dispose: () => layers.dispose(),
    };
  }
  reporter.stage('embed');
  const total = train.ids.length + validation.ids.length;
  const started = performance.now();
  let [doneTexts, doneTokens] = [0, 0];
  const keep = async (texts: LabelledTexts): Promise<FrozenStates> => {
    const [textsBefore, tokensBefore] = [doneTexts, doneTokens];
    const onProgress = (of: number, tokens: number): void => {
      [doneTexts, doneTokens] = [textsBefore + of, tokensBefore + tokens];
      const tokensPerSecond = (1000 * doneTokens) / (performance.now() - started);
      reporter.progress('texts', doneTexts, total, { tokensPerSecond });
    };
    return layers.keep(texts, { signal, onProgress });
  };
  try {
    return {
      parts: {
        ...parts,
        train: { ...train, states: await keep(train) },
        validation: { ...validation, states: await keep(validation) },
      },
      dispose: () => Promise.resolve(),
    };
  } finally {
    await layers.dispose();
  }
};

/**
 * The run as what learns sees it: from behind the frozen layers, whose outputs are kept.
 * @param precision of the frozen layers
 */
export const behindFrozenLayers = async (
  run: Run,
  precision: Precision,
): Promise<{ run: Run; dispose: () => Promise<void> }> => {
  const { state, shape, device, session, reporter, options } = run;
  if (state.freeze === 0) return { run, dispose: () => Promise.resolve() };
  const how = { shape, session, precision, signal: options.signal, reporter };
  const { parts, dispose } = await freezeParts(run.parts, state, how);
  const forward = await createForwardFor(device, state, shape, session, {
    precision: state.precision,
    fromStates: true,
  });
  return {
    run: { ...run, parts, forward },
    async dispose() {
      await forward.dispose();
      await dispose();
    },
  };
};
