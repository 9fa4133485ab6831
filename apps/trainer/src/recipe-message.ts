import {
  CheckpointOptions,
  DataFormat,
  DataOptions,
  Device,
  HeadKind,
  HeadOptions,
  HeadStart,
  LayerMatrix,
  LoraOptions,
  Metric,
  OptimizerOptions,
  Pooling,
  Precision,
  Recipe as RecipeMessage,
  Schedule,
  SplitOptions,
  Switch,
  Task,
} from '@taxon/contracts';
import type { Recipe } from '@taxon/training';

/** Each constant with the recipe's own spelling; unspecified ones, and those of a newer contract, are not in the table. */
type Spellings<E extends string, V> = Readonly<Partial<Record<E, V>>>;

const formats: Spellings<DataFormat, Recipe['data']['format']> = {
  [DataFormat.DATA_FORMAT_CSV]: 'csv',
  [DataFormat.DATA_FORMAT_TSV]: 'tsv',
  [DataFormat.DATA_FORMAT_JSONL]: 'jsonl',
  [DataFormat.DATA_FORMAT_JSON]: 'json',
};
const tasks: Spellings<Task, Recipe['task']> = { [Task.TASK_SINGLE_LABEL]: 'single-label' };
const heads: Spellings<HeadKind, Recipe['head']['kind']> = {
  [HeadKind.HEAD_KIND_AUTO]: 'auto',
  [HeadKind.HEAD_KIND_DENSE]: 'dense',
  [HeadKind.HEAD_KIND_POOLER]: 'pooler',
};
const poolings: Spellings<Pooling, Recipe['head']['pooling']> = {
  [Pooling.POOLING_AUTO]: 'auto',
  [Pooling.POOLING_MEAN]: 'mean',
  [Pooling.POOLING_CLS]: 'cls',
};
const starts: Spellings<HeadStart, Recipe['head']['start']> = {
  [HeadStart.HEAD_START_SOLVED]: 'solved',
  [HeadStart.HEAD_START_RANDOM]: 'random',
};
const schedules: Spellings<Schedule, Recipe['optimizer']['schedule']> = {
  [Schedule.SCHEDULE_LINEAR]: 'linear',
  [Schedule.SCHEDULE_COSINE]: 'cosine',
  [Schedule.SCHEDULE_CONSTANT]: 'constant',
};
const metrics: Spellings<Metric, Recipe['metric']> = {
  [Metric.METRIC_ACCURACY]: 'accuracy',
  [Metric.METRIC_MACRO_F1]: 'macroF1',
  [Metric.METRIC_WEIGHTED_F1]: 'weightedF1',
  [Metric.METRIC_LOSS]: 'loss',
};
const precisions: Spellings<Precision, Recipe['precision']> = {
  [Precision.PRECISION_AUTO]: 'auto',
  [Precision.PRECISION_FP32]: 'fp32',
  [Precision.PRECISION_INT8]: 'int8',
  [Precision.PRECISION_FP16]: 'fp16',
};
const devices: Spellings<Device, Recipe['device']> = {
  [Device.DEVICE_AUTO]: 'auto',
  [Device.DEVICE_CPU]: 'cpu',
  [Device.DEVICE_CUDA]: 'cuda',
  [Device.DEVICE_WEBGPU]: 'webgpu',
  [Device.DEVICE_TENSORFLOW]: 'tensorflow',
  [Device.DEVICE_TENSORFLOW_GPU]: 'tensorflow-gpu',
  [Device.DEVICE_WASM]: 'wasm',
};
const layerMatrices: Spellings<LayerMatrix, Recipe['optimizer']['lora']['targets'][number]> = {
  [LayerMatrix.LAYER_MATRIX_QUERY]: 'query',
  [LayerMatrix.LAYER_MATRIX_KEY]: 'key',
  [LayerMatrix.LAYER_MATRIX_VALUE]: 'value',
  [LayerMatrix.LAYER_MATRIX_OUTPUT]: 'output',
  [LayerMatrix.LAYER_MATRIX_UP]: 'up',
  [LayerMatrix.LAYER_MATRIX_DOWN]: 'down',
};
const switches: Spellings<Switch, boolean> = { [Switch.SWITCH_ON]: true, [Switch.SWITCH_OFF]: false };

/** The recipe's spelling, undefined for its default; what this trainer does not know stays, for the recipe's check to refuse. */
const spelled = <E extends string, V>(table: Spellings<E, V>, constant: E): V | E | undefined =>
  table[constant] ?? (constant.endsWith('_UNSPECIFIED') ? undefined : constant);

/** The constant of a recipe's value; `unspecified` for a value that has none. */
const constantOf = <E extends string, V>(table: Spellings<E, V>, value: unknown, unspecified: E): E =>
  (Object.keys(table) as E[]).find((constant) => table[constant] === value) ?? unspecified;

/** The message as a person would have written the recipe, for `parseRecipe`. Every key is named, so that a new one cannot be forgotten. */
export const fromRecipeMessage = (message: RecipeMessage | undefined): unknown => {
  const { data, head, optimizer, ...recipe } = message ?? RecipeMessage.fromPartial({});
  const lora = optimizer?.lora;
  return {
    ...recipe,
    // Protobuf cannot tell an empty text from an absent one; both are missing here.
    output: recipe.output || undefined,
    data: data && { ...data, train: data.train || undefined, format: spelled(formats, data.format) },
    task: spelled(tasks, recipe.task),
    head: head && {
      ...head,
      kind: spelled(heads, head.kind),
      pooling: spelled(poolings, head.pooling),
      normalize: spelled(switches, head.normalize),
      start: spelled(starts, head.start),
    },
    optimizer: optimizer && {
      ...optimizer,
      schedule: spelled(schedules, optimizer.schedule),
      lora: lora && {
        ...lora,
        // A repeated field cannot be absent: no target means the default, all.
        targets: lora.targets.length === 0 ? undefined : lora.targets.map((target) => spelled(layerMatrices, target)),
      },
    },
    metric: spelled(metrics, recipe.metric),
    spin: spelled(switches, recipe.spin),
    precision: spelled(precisions, recipe.precision),
    device: spelled(devices, recipe.device),
  };
};

/** A checked recipe as a message, every option set. */
export const toRecipeMessage = ({ data, head, optimizer, ...recipe }: Recipe): RecipeMessage => ({
  ...recipe,
  data: DataOptions.fromPartial({
    ...data,
    format: constantOf(formats, data.format, DataFormat.DATA_FORMAT_UNSPECIFIED),
    split: SplitOptions.fromPartial(data.split),
  }),
  task: constantOf(tasks, recipe.task, Task.TASK_UNSPECIFIED),
  head: HeadOptions.fromPartial({
    ...head,
    kind: constantOf(heads, head.kind, HeadKind.HEAD_KIND_UNSPECIFIED),
    pooling: constantOf(poolings, head.pooling, Pooling.POOLING_UNSPECIFIED),
    normalize: constantOf(switches, head.normalize, Switch.SWITCH_UNSPECIFIED),
    start: constantOf(starts, head.start, HeadStart.HEAD_START_UNSPECIFIED),
  }),
  optimizer: OptimizerOptions.fromPartial({
    ...optimizer,
    schedule: constantOf(schedules, optimizer.schedule, Schedule.SCHEDULE_UNSPECIFIED),
    keep: optimizer.keep === 'auto' ? undefined : optimizer.keep,
    lora: LoraOptions.fromPartial({
      ...optimizer.lora,
      targets: optimizer.lora.targets.map((target) =>
        constantOf(layerMatrices, target, LayerMatrix.LAYER_MATRIX_UNSPECIFIED),
      ),
    }),
  }),
  metric: constantOf(metrics, recipe.metric, Metric.METRIC_UNSPECIFIED),
  spin: constantOf(switches, recipe.spin, Switch.SWITCH_UNSPECIFIED),
  precision: constantOf(precisions, recipe.precision, Precision.PRECISION_UNSPECIFIED),
  device: constantOf(devices, recipe.device, Device.DEVICE_UNSPECIFIED),
  checkpoint: CheckpointOptions.fromPartial(recipe.checkpoint),
});
