import { compile, createSession, type SessionOptions } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { groupLosses } from './losses/group-losses.ts';
import { writeTargets, type Objective, type TextTargets } from './objective.ts';

export interface HeadProblem {
  /** [texts, size] */
  features: Float32Array;
  size: number;
  /** Of each text. */
  targets: readonly TextTargets[];
  objective: Objective;
}

export interface HeadSolverOptions {
  /** Factor of ½‖W‖² beside the mean cross-entropy. */
  l2: number;
  iterations: number;
  session: SessionOptions;
  signal?: AbortSignal;
  onProgress?: (iteration: number, loss: number) => void;
}

export interface SolvedHead {
  /** [size, C] */
  weight: Float32Array;
  /** [C] */
  bias: Float32Array;
  /** Loss of each text, one iteration before the end. */
  losses: Float32Array;
}

/** Texts a native call: bounds the memory of the logits at 600 outputs to 10 MB. */
const chunkRows = 4096;

const compileChunk = (rows: number, size: number, { groups, loss: options }: Objective) => {
  const outputs = groups.at(-1)!.end;
  return compile(
    ({ weight, bias, x, targets, known }) => {
      let losses: tf.Tensor | undefined;
      const loss = (w: tf.Tensor, b: tf.Tensor): tf.Scalar => {
        const scores = tf.add<tf.Tensor2D>(tf.matMul(x as tf.Tensor2D, w), b);
        losses = tf.keep(groupLosses(scores, targets as tf.Tensor2D, known as tf.Tensor2D, groups, options));
        return tf.sum(losses);
      };
      const { grads } = tf.valueAndGrads(loss)([weight!, bias!]);
      return { losses: losses!, dWeight: grads[0]!, dBias: grads[1]! };
    },
    {
      weight: { shape: [size, outputs] },
      bias: { shape: [outputs] },
      x: { shape: [rows, size] },
      targets: { shape: [rows, outputs] },
      known: { shape: [rows, groups.length] },
    },
  );
};

/** Mean norm of the features: the problem is solved at scale 1, whatever the encoder's. */
export const featureScale = (features: Float32Array, rows: number): number => {
  let sum = 0;
  for (const value of features) sum += value * value;
  return Math.sqrt(sum / rows) || 1;
};

/** Full-batch Adam with a rate that falls to 0. A start for fine-tuning, not the optimum: stopping early also regularises. */
const adam = (size: number) => {
  const m = new Float32Array(size);
  const v = new Float32Array(size);
  const [beta1, beta2, startRate] = [0.9, 0.99, 0.5];
  return (value: Float32Array, gradient: Float32Array, iteration: number, iterations: number): void => {
    const rate = startRate * (1 - (iteration - 1) / iterations);
    const scale = rate / (1 - beta1 ** iteration);
    const correction = 1 / (1 - beta2 ** iteration);
    for (let i = 0; i < size; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * gradient[i]!;
      v[i] = beta2 * v[i]! + (1 - beta2) * gradient[i]! ** 2;
      value[i]! -= (scale * m[i]!) / (Math.sqrt(v[i]! * correction) + 1e-8);
    }
  };
};

/**
 * The linear layer that is best on fixed features, from which training starts: logistic regression, multinomial for a softmax and
 * binary for every label of a sigmoid group, all groups at once.
 */
export const solveHead = async (problem: HeadProblem, options: HeadSolverOptions): Promise<SolvedHead> => {
  const { features, size, targets, objective } = problem;
  const rows = targets.length;
  const classes = objective.groups.at(-1)!.end;
  const groups = objective.groups.length;
  const chunk = Math.min(chunkRows, rows);
  const program = await createSession(compileChunk(chunk, size, objective), options.session);
  const scale = featureScale(features, rows);
  const scaled = scale === 1 ? features : features.map((value) => value / scale);
  const weight = new Float32Array(size * classes);
  const bias = new Float32Array(classes);
  const [updateWeight, updateBias] = [adam(weight.length), adam(bias.length)];
  const chunks = Array.from({ length: Math.ceil(rows / chunk) }, (_, i) => {
    // The last chunk reaches back into the one before it; those texts count once.
    const begin = Math.min(i * chunk, rows - chunk);
    const right = new Float32Array(chunk * classes);
    const known = new Float32Array(chunk * groups);
    for (let row = i * chunk - begin; row < chunk; row++)
      writeTargets(targets[begin + row]!, row, right, known, objective);
    const feeds = {
      x: { shape: [chunk, size], data: scaled.subarray(begin * size, (begin + chunk) * size) },
      targets: { shape: [chunk, classes], data: right },
      known: { shape: [chunk, groups], data: known },
    };
    return { begin, first: i * chunk - begin, feeds };
  });
  const losses = new Float32Array(rows);
  try {
    for (let iteration = 1; iteration <= options.iterations; iteration++) {
      options.signal?.throwIfAborted();
      const dWeight = weight.map((value) => options.l2 * value);
      const dBias = new Float32Array(classes);
      let loss = 0;
      for (const { begin, first, feeds } of chunks) {
        const parameters = { weight: { shape: [size, classes], data: weight }, bias: { shape: [classes], data: bias } };
        const outputs = await program.run({ ...parameters, ...feeds });
        outputs.losses!.data.forEach((value, i) => {
          loss += value / rows;
          if (i >= first) losses[begin + i] = value;
        });
        outputs.dWeight!.data.forEach((value, i) => (dWeight[i]! += value / rows));
        outputs.dBias!.data.forEach((value, i) => (dBias[i]! += value / rows));
      }
      updateWeight(weight, dWeight, iteration, options.iterations);
      updateBias(bias, dBias, iteration, options.iterations);
      options.onProgress?.(iteration, loss);
    }
  } finally {
    await program.dispose();
  }
  return { weight: scale === 1 ? weight : weight.map((value) => value / scale), bias, losses };
};
