import {
  Adversary,
  Averaging,
  BalanceStrategy,
  BalanceWithin,
  ClassWeights,
  DataFormat,
  Device,
  Ensemble,
  HeadKind,
  HeadStart,
  HierarchyDecoding,
  HierarchyTraining,
  LayerMatrix,
  LossKind,
  Metric,
  Pooling,
  Precision,
  Pruner,
  Schedule,
  Switch,
  TaskKind,
  Thresholds,
  WandbMode,
} from '@taxon/contracts';
import type { Recipe } from '@taxon/training';

/** Each constant with the recipe's own spelling; unspecified ones, and those of a newer contract, are not in the table. */
type Spellings<E extends string, V> = Readonly<Partial<Record<E, V>>>;

export const formats: Spellings<DataFormat, Recipe['data']['format']> = {
  [DataFormat.DATA_FORMAT_CSV]: 'csv',
  [DataFormat.DATA_FORMAT_TSV]: 'tsv',
  [DataFormat.DATA_FORMAT_JSONL]: 'jsonl',
  [DataFormat.DATA_FORMAT_JSON]: 'json',
};
export const taskKinds: Spellings<TaskKind, Recipe['task']> = {
  [TaskKind.TASK_KIND_SINGLE_LABEL]: 'single-label',
  [TaskKind.TASK_KIND_MULTI_LABEL]: 'multi-label',
};
export const lossKinds: Spellings<LossKind, Recipe['loss']['kind']> = {
  [LossKind.LOSS_KIND_CROSS_ENTROPY]: 'cross-entropy',
  [LossKind.LOSS_KIND_FOCAL]: 'focal',
  [LossKind.LOSS_KIND_GHM]: 'ghm',
  [LossKind.LOSS_KIND_ASYMMETRIC]: 'asymmetric',
};
export const classWeightings: Spellings<ClassWeights, Recipe['loss']['classWeights']> = {
  [ClassWeights.CLASS_WEIGHTS_NONE]: 'none',
  [ClassWeights.CLASS_WEIGHTS_INVERSE]: 'inverse',
  [ClassWeights.CLASS_WEIGHTS_SQUARE_ROOT]: 'square-root',
  [ClassWeights.CLASS_WEIGHTS_EFFECTIVE_NUMBER]: 'effective-number',
};
export const thresholdings: Spellings<Thresholds, Recipe['thresholds']> = {
  [Thresholds.THRESHOLDS_TUNED]: 'tuned',
  [Thresholds.THRESHOLDS_GLOBAL]: 'global',
  [Thresholds.THRESHOLDS_HALF]: 'half',
};
export const wandbModes: Spellings<WandbMode, NonNullable<Recipe['logging']['wandb']>['mode']> = {
  [WandbMode.WANDB_MODE_ONLINE]: 'online',
  [WandbMode.WANDB_MODE_OFFLINE]: 'offline',
};
export const ensembles: Spellings<Ensemble, Recipe['ensemble']> = {
  [Ensemble.ENSEMBLE_REFIT]: 'refit',
  [Ensemble.ENSEMBLE_SOUP]: 'soup',
  [Ensemble.ENSEMBLE_VOTE]: 'vote',
};
export const pruners: Spellings<Pruner, Recipe['search']['pruner']> = {
  [Pruner.PRUNER_MEDIAN]: 'median',
  [Pruner.PRUNER_HALVING]: 'halving',
  [Pruner.PRUNER_NONE]: 'none',
};
type Hierarchy = NonNullable<Recipe['hierarchy']>;
export const hierarchyTrainings: Spellings<HierarchyTraining, Hierarchy['training']> = {
  [HierarchyTraining.HIERARCHY_TRAINING_JOINT]: 'joint',
  [HierarchyTraining.HIERARCHY_TRAINING_CHAIN]: 'chain',
};
export const decodings: Spellings<HierarchyDecoding, Hierarchy['decoding']> = {
  [HierarchyDecoding.HIERARCHY_DECODING_JOINT]: 'joint',
  [HierarchyDecoding.HIERARCHY_DECODING_GREEDY]: 'greedy',
};
export const heads: Spellings<HeadKind, Recipe['head']['kind']> = {
  [HeadKind.HEAD_KIND_AUTO]: 'auto',
  [HeadKind.HEAD_KIND_DENSE]: 'dense',
  [HeadKind.HEAD_KIND_POOLER]: 'pooler',
  [HeadKind.HEAD_KIND_PROMPT]: 'prompt',
};
export const poolings: Spellings<Pooling, Recipe['head']['pooling']> = {
  [Pooling.POOLING_AUTO]: 'auto',
  [Pooling.POOLING_MEAN]: 'mean',
  [Pooling.POOLING_CLS]: 'cls',
};
export const starts: Spellings<HeadStart, Recipe['head']['start']> = {
  [HeadStart.HEAD_START_SOLVED]: 'solved',
  [HeadStart.HEAD_START_RANDOM]: 'random',
  [HeadStart.HEAD_START_NAMES]: 'names',
  [HeadStart.HEAD_START_AUTO]: 'auto',
};
export const schedules: Spellings<Schedule, Recipe['optimizer']['schedule']> = {
  [Schedule.SCHEDULE_LINEAR]: 'linear',
  [Schedule.SCHEDULE_COSINE]: 'cosine',
  [Schedule.SCHEDULE_CONSTANT]: 'constant',
};
export const metrics: Spellings<Metric, Recipe['metric']> = {
  [Metric.METRIC_ACCURACY]: 'accuracy',
  [Metric.METRIC_MACRO_F1]: 'macroF1',
  [Metric.METRIC_WEIGHTED_F1]: 'weightedF1',
  [Metric.METRIC_LOSS]: 'loss',
  [Metric.METRIC_MICRO_F1]: 'microF1',
};
export const precisions: Spellings<Precision, Recipe['precision']> = {
  [Precision.PRECISION_AUTO]: 'auto',
  [Precision.PRECISION_FP32]: 'fp32',
  [Precision.PRECISION_INT8]: 'int8',
  [Precision.PRECISION_FP16]: 'fp16',
};
export const devices: Spellings<Device, Recipe['device']> = {
  [Device.DEVICE_AUTO]: 'auto',
  [Device.DEVICE_CPU]: 'cpu',
  [Device.DEVICE_CUDA]: 'cuda',
  [Device.DEVICE_WEBGPU]: 'webgpu',
  [Device.DEVICE_TENSORFLOW]: 'tensorflow',
  [Device.DEVICE_TENSORFLOW_GPU]: 'tensorflow-gpu',
  [Device.DEVICE_WASM]: 'wasm',
};
export const layerMatrices: Spellings<LayerMatrix, Recipe['optimizer']['lora']['targets'][number]> = {
  [LayerMatrix.LAYER_MATRIX_QUERY]: 'query',
  [LayerMatrix.LAYER_MATRIX_KEY]: 'key',
  [LayerMatrix.LAYER_MATRIX_VALUE]: 'value',
  [LayerMatrix.LAYER_MATRIX_OUTPUT]: 'output',
  [LayerMatrix.LAYER_MATRIX_UP]: 'up',
  [LayerMatrix.LAYER_MATRIX_DOWN]: 'down',
};
export const switches: Spellings<Switch, boolean> = { [Switch.SWITCH_ON]: true, [Switch.SWITCH_OFF]: false };

export const balanceStrategies: Spellings<BalanceStrategy, Recipe['balance']['strategy']> = {
  [BalanceStrategy.BALANCE_STRATEGY_NONE]: 'none',
  [BalanceStrategy.BALANCE_STRATEGY_OVERSAMPLE]: 'oversample',
  [BalanceStrategy.BALANCE_STRATEGY_UNDERSAMPLE]: 'undersample',
  [BalanceStrategy.BALANCE_STRATEGY_SQUARE_ROOT]: 'square-root',
};
export const balancedWithin: Spellings<BalanceWithin, Recipe['balance']['within']> = {
  [BalanceWithin.BALANCE_WITHIN_ALL]: 'all',
  [BalanceWithin.BALANCE_WITHIN_COARSE]: 'coarse',
};
export const adversaries: Spellings<Adversary, Recipe['adversarial']['kind']> = {
  [Adversary.ADVERSARY_NONE]: 'none',
  [Adversary.ADVERSARY_FGM]: 'fgm',
  [Adversary.ADVERSARY_PGD]: 'pgd',
  [Adversary.ADVERSARY_AWP]: 'awp',
};
export const averagings: Spellings<Averaging, Recipe['averaging']['kind']> = {
  [Averaging.AVERAGING_NONE]: 'none',
  [Averaging.AVERAGING_EMA]: 'ema',
  [Averaging.AVERAGING_SWA]: 'swa',
};

/** The recipe's spelling, undefined for its default; what this trainer does not know stays, for the recipe's check to refuse. */
export const spelled = <E extends string, V>(table: Spellings<E, V>, constant: E): V | E | undefined =>
  table[constant] ?? (constant.endsWith('_UNSPECIFIED') ? undefined : constant);

/** The constant of a recipe's value; `unspecified` for a value that has none. */
export const constantOf = <E extends string, V>(table: Spellings<E, V>, value: unknown, unspecified: E): E =>
  (Object.keys(table) as E[]).find((constant) => table[constant] === value) ?? unspecified;
