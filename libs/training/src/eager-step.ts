import { dropoutKey } from '@taxon/compute';
import type { Parameters } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import { updateCoefficients } from './adamw.ts';
import { coefficientTensors, updateRows, updateTensor, type CoefficientTensors } from './eager-adamw.ts';
import { createDeviceState, type DeviceState } from './eager-state.ts';
import type { ModelState } from './model-state.ts';
import { objectiveOf, type Objective } from './objective.ts';
import { decays, depthOf, slotLosses, type BatchTensors } from './programs.ts';
import { tableNames } from './trained.ts';
import { touchedRows, type TouchedRows } from './touched-rows.ts';
import {
  slotFeeds,
  type LabelledBatch,
  type StepOptions,
  type StepResult,
  type TrainingStep,
} from './training-step.ts';

// The training step without a compiler: the same model, loss and optimizer, run operation by operation on the tfjs backend
// that is current. The whole state lives on its device; of a step only the losses and the gradient's norm come back.

type Gradients = Record<string, tf.Tensor>;

/** word + position + type embeddings of every token, [T, H]. */
const embed = ({ tables }: DeviceState, batch: LabelledBatch): tf.Tensor => {
  const rows = (table: tf.Tensor, ids: Int32Array): tf.Tensor => tf.gather(table, tf.tensor1d(ids, 'int32'));
  const sum = tf.add(rows(tables.words.value, batch.ids), rows(tables.positions.value, batch.positions));
  return tf.add(sum, rows(tables.types.value, batch.types ?? Int32Array.of(0)));
};

const batchTensors = (
  batch: LabelledBatch,
  { rows, length, slots }: PackShape,
  objective: Objective,
): Omit<BatchTensors, 'embeddings'> => {
  const { targets, known } = slotFeeds(batch, rows * slots, objective);
  return {
    segments: tf.tensor2d(batch.segments, [rows, length], 'int32'),
    pool: tf.tensor3d(batch.pool, [rows, slots, length]),
    targets: tf.tensor2d(targets.data, targets.shape),
    known: tf.tensor2d(known.data, known.shape),
  };
};

const add = (sum: Gradients, more: Gradients): Gradients =>
  Object.fromEntries(
    Object.entries(more).map(([name, g]) => [name, sum[name] === undefined ? g : tf.add(sum[name], g)]),
  );

const normOf = (gradients: Gradients): number =>
  tf.tidy(() => Math.sqrt(tf.addN(Object.values(gradients).map((g) => tf.sum(tf.square(g)))).dataSync()[0]!));

/** The gradient of the embedding rows lies beside those of the parameters, under a name that none of them has. */
const rowsName = 'rows';

export const createEagerStep = (state: ModelState, options: StepOptions): TrainingStep => {
  const { adamw, layerDecay, clipNorm, dropout, seed } = options;
  const { encoder, shapes } = state;
  const objective = objectiveOf({ ...options, head: state.head });
  const names = Object.keys(shapes);
  const device = createDeviceState(state);
  let ahead = false; // of the host's state

  /** Forward and backward of one batch. */
  const backward = (batch: LabelledBatch, index: number, count: number, touched: TouchedRows) => {
    const inputs = batchTensors(batch, options.shape, objective);
    const key = dropoutKey(seed, state.step, index);
    let slots: Float32Array = new Float32Array();
    const loss = (embeddings: tf.Tensor, ...values: tf.Tensor[]): tf.Scalar => {
      const p: Parameters = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const draw = dropout > 0 ? { rate: dropout, key: tf.scalar(key, 'int32') } : undefined;
      const losses = slotLosses(p, { embeddings, ...inputs, dropout: draw }, { ...state, objective });
      slots = losses.dataSync() as Float32Array;
      return tf.div(tf.sum(losses), count);
    };
    const variables = [embed(device, batch), ...names.map((name) => device.parameters[name]!.value)];
    const [dEmbeddings, ...grads] = tf.valueAndGrads(loss)(variables).grads as [tf.Tensor2D, ...tf.Tensor[]];
    const selector = tf.tensor2d(touched.selector(batch), [touched.count, batch.ids.length]);
    const gradients: Gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
    gradients[rowsName] = tf.matMul(selector, dEmbeddings);
    return { gradients, losses: Float32Array.from(batch.slots, (slot) => slots[slot]!) };
  };

  const update = (gradients: Gradients, { rows }: TouchedRows, learningRate: number): number => {
    const gradientNorm = normOf(gradients);
    const gradientScale = clipNorm > 0 ? Math.min(1, clipNorm / (gradientNorm + 1e-6)) : 1; // torch's own 1e-6
    state.step += 1;
    ahead = true;
    const scalars = { learningRate, gradientScale, step: state.step };
    const known = new Map<string, CoefficientTensors>();
    const coefficientsOf = (depth: number, decay: boolean): CoefficientTensors => {
      const at = `${depth} ${decay}`;
      const found = known.get(at) ?? coefficientTensors(updateCoefficients(adamw, scalars, layerDecay ** depth, decay));
      known.set(at, found);
      return found;
    };
    for (const name of names)
      updateTensor(device.parameters[name]!, gradients[name]!, coefficientsOf(depthOf(name, encoder), decays(name)));
    let begin = 0;
    for (const name of tableNames) {
      const gradient = tf.slice(gradients[rowsName]!, [begin, 0], [rows[name].length, encoder.hidden]);
      updateRows(device.tables[name], rows[name], gradient, coefficientsOf(depthOf('embeddings', encoder), true));
      begin += rows[name].length;
    }
    return gradientNorm;
  };

  const run = (batches: readonly LabelledBatch[], learningRate: number): StepResult => {
    const count = batches.reduce((sum, { texts }) => sum + texts.length, 0);
    const touched = touchedRows(batches, options.shape);
    const losses: Float32Array[] = [];
    let gradients: Gradients = {};
    for (const [index, batch] of batches.entries()) {
      gradients = tf.tidy(() => {
        const result = backward(batch, index, count, touched);
        losses.push(result.losses);
        return add(gradients, result.gradients);
      });
    }
    const loss = losses.reduce((total, batch) => batch.reduce((sum, value) => sum + value, total), 0) / count;
    return { loss, losses, gradientNorm: update(gradients, touched, learningRate) };
  };

  return {
    run: (batches, learningRate) => {
      let result: StepResult | undefined;
      tf.tidy(() => {
        result = run(batches, learningRate);
      });
      return Promise.resolve(result!);
    },
    async sync() {
      if (ahead) await device.download();
      ahead = false;
    },
    dispose() {
      device.dispose();
      return Promise.resolve();
    },
  };
};
