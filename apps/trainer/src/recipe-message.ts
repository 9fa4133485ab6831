import {
  Adversary,
  AdversarialOptions,
  Averaging,
  AveragingOptions,
  BalanceOptions,
  BalanceStrategy,
  BalanceWithin,
  AbstainOptions,
  AdaptationOptions,
  CheckpointOptions,
  ClassWeights,
  DataFormat,
  DataOptions,
  Device,
  Ensemble,
  HeadKind,
  HeadOptions,
  HeadStart,
  HierarchyDecoding,
  LabelNames,
  HierarchyOptions,
  HierarchyTraining,
  LayerMatrix,
  LoggingOptions,
  LoraOptions,
  LossKind,
  LossOptions,
  Metric,
  OptimizerOptions,
  Pooling,
  Precision,
  Pruner,
  Recipe as RecipeMessage,
  Schedule,
  SearchOptions,
  SplitOptions,
  Switch,
  TaskKind,
  TaskOptions,
  Thresholds,
  WandbMode,
  WandbOptions,
} from '@taxon/contracts';
import type { Recipe } from '@taxon/training';
import {
  classWeightings,
  constantOf,
  decodings,
  devices,
  ensembles,
  formats,
  heads,
  hierarchyTrainings,
  layerMatrices,
  lossKinds,
  metrics,
  poolings,
  precisions,
  pruners,
  schedules,
  spelled,
  starts,
  switches,
  taskKinds,
  thresholdings,
  wandbModes,
  adversaries,
  averagings,
  balancedWithin,
  balanceStrategies,
} from './recipe-spellings.ts';

/** Protobuf cannot tell an empty text from an absent one; both are missing here. */
const filled = (text: string): string | undefined => text || undefined;

const fromOptimizer = ({ findLearningRate, ...optimizer }: OptimizerOptions): unknown => ({
  ...optimizer,
  ...(findLearningRate === true && { learningRate: 'auto' }),
  schedule: spelled(schedules, optimizer.schedule),
  lora: optimizer.lora && {
    ...optimizer.lora,
    targets:
      optimizer.lora.targets.length === 0
        ? undefined
        : optimizer.lora.targets.map((target) => spelled(layerMatrices, target)),
  },
});

/** A value of a list, as JSON; what is not JSON stays a text, for the recipe's check. */
const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const fromSearch = ({ options, ...search }: SearchOptions): unknown => {
  const choices = Object.entries(options).map(([path, { values, ...range }]) => [
    path,
    values.length > 0 ? values.map(fromJson) : range,
  ]);
  return {
    ...search,
    options: choices.length === 0 ? undefined : (Object.fromEntries(choices) as Record<string, unknown>),
    pruner: spelled(pruners, search.pruner),
  };
};

const fromLabelNames = ({ own, labels }: LabelNames): unknown =>
  labels.length === 0 ? own : Object.fromEntries(labels.map(({ label, texts }) => [label, texts]));

const fromData = (data: DataOptions): unknown => ({
  ...data,
  train: filled(data.train),
  labelNames: data.labelNames && fromLabelNames(data.labelNames),
  format: spelled(formats, data.format),
  // Nor an empty list from an absent one.
  tasks:
    data.tasks.length === 0
      ? undefined
      : data.tasks.map((task) => ({ ...task, column: filled(task.column), kind: spelled(taskKinds, task.kind) })),
});

const fromHead = (head: HeadOptions): unknown => ({
  ...head,
  kind: spelled(heads, head.kind),
  pooling: spelled(poolings, head.pooling),
  normalize: spelled(switches, head.normalize),
  start: spelled(starts, head.start),
  prompt: head.prompt && {
    template: head.prompt.template,
    words: Object.fromEntries(Object.entries(head.prompt.words).map(([label, { words }]) => [label, words])),
  },
});

const fromHierarchy = (hierarchy: HierarchyOptions): unknown => ({
  ...hierarchy,
  training: spelled(hierarchyTrainings, hierarchy.training),
  decoding: spelled(decodings, hierarchy.decoding),
});

const fromLoss = (loss: LossOptions): unknown => ({
  ...loss,
  kind: spelled(lossKinds, loss.kind),
  classWeights: spelled(classWeightings, loss.classWeights),
});

const fromLogging = (logging: LoggingOptions): unknown => ({
  ...logging,
  epochLogits: spelled(switches, logging.epochLogits),
  wandb: logging.wandb && {
    ...logging.wandb,
    project: filled(logging.wandb.project),
    mode: spelled(wandbModes, logging.wandb.mode),
  },
});

/** The message as a person would have written the recipe, for `parseRecipe`. Every key is named, so that a new one cannot be forgotten. */
export const fromRecipeMessage = (message: RecipeMessage | undefined): unknown => {
  const { data, head, optimizer, search, hierarchy, loss, logging, balance, adversarial, averaging, ...recipe } =
    message ?? RecipeMessage.fromPartial({});
  return {
    ...recipe,
    output: filled(recipe.output),
    data: data && fromData(data),
    task: spelled(taskKinds, recipe.task),
    hierarchy: hierarchy && fromHierarchy(hierarchy),
    head: head && fromHead(head),
    optimizer: optimizer && fromOptimizer(optimizer),
    loss: loss && fromLoss(loss),
    logging: logging && fromLogging(logging),
    balance: balance && {
      ...balance,
      strategy: spelled(balanceStrategies, balance.strategy),
      within: spelled(balancedWithin, balance.within),
    },
    adversarial: adversarial && { ...adversarial, kind: spelled(adversaries, adversarial.kind) },
    averaging: averaging && { ...averaging, kind: spelled(averagings, averaging.kind) },
    search: search && fromSearch(search),
    ensemble: spelled(ensembles, recipe.ensemble),
    thresholds: spelled(thresholdings, recipe.thresholds),
    metric: spelled(metrics, recipe.metric),
    spin: spelled(switches, recipe.spin),
    precision: spelled(precisions, recipe.precision),
    device: spelled(devices, recipe.device),
  };
};

const toLabelNames = (names: Recipe['data']['labelNames']): LabelNames =>
  LabelNames.fromPartial(
    typeof names === 'boolean'
      ? { own: names }
      : { labels: Object.entries(names).map(([label, texts]) => ({ label, texts })) },
  );

const toData = ({ tasks, labelNames, ...data }: Recipe['data']): DataOptions =>
  DataOptions.fromPartial({
    ...data,
    labelNames: toLabelNames(labelNames),
    format: constantOf(formats, data.format, DataFormat.DATA_FORMAT_UNSPECIFIED),
    split: SplitOptions.fromPartial(data.split),
    tasks: (tasks ?? []).map((task) =>
      TaskOptions.fromPartial({ ...task, kind: constantOf(taskKinds, task.kind, TaskKind.TASK_KIND_UNSPECIFIED) }),
    ),
  });

const toHead = (head: Recipe['head']): HeadOptions =>
  HeadOptions.fromPartial({
    ...head,
    kind: constantOf(heads, head.kind, HeadKind.HEAD_KIND_UNSPECIFIED),
    pooling: constantOf(poolings, head.pooling, Pooling.POOLING_UNSPECIFIED),
    normalize: constantOf(switches, head.normalize, Switch.SWITCH_UNSPECIFIED),
    start: constantOf(starts, head.start, HeadStart.HEAD_START_UNSPECIFIED),
    prompt: head.prompt && {
      template: head.prompt.template,
      words: Object.fromEntries(Object.entries(head.prompt.words).map(([label, words]) => [label, { words }])),
    },
  });

const toHierarchy = (hierarchy: NonNullable<Recipe['hierarchy']>): HierarchyOptions =>
  HierarchyOptions.fromPartial({
    ...hierarchy,
    training: constantOf(hierarchyTrainings, hierarchy.training, HierarchyTraining.HIERARCHY_TRAINING_UNSPECIFIED),
    decoding: constantOf(decodings, hierarchy.decoding, HierarchyDecoding.HIERARCHY_DECODING_UNSPECIFIED),
  });

const toLoss = (loss: Recipe['loss']): LossOptions =>
  LossOptions.fromPartial({
    ...loss,
    kind: constantOf(lossKinds, loss.kind, LossKind.LOSS_KIND_UNSPECIFIED),
    classWeights: constantOf(classWeightings, loss.classWeights, ClassWeights.CLASS_WEIGHTS_UNSPECIFIED),
  });

const toOptimizer = (optimizer: Recipe['optimizer']): OptimizerOptions =>
  OptimizerOptions.fromPartial({
    ...optimizer,
    learningRate: optimizer.learningRate === 'auto' ? undefined : optimizer.learningRate,
    findLearningRate: optimizer.learningRate === 'auto' ? true : undefined,
    schedule: constantOf(schedules, optimizer.schedule, Schedule.SCHEDULE_UNSPECIFIED),
    keep: optimizer.keep === 'auto' ? undefined : optimizer.keep,
    lora: LoraOptions.fromPartial({
      ...optimizer.lora,
      targets: optimizer.lora.targets.map((target) =>
        constantOf(layerMatrices, target, LayerMatrix.LAYER_MATRIX_UNSPECIFIED),
      ),
    }),
  });

const toLogging = (logging: Recipe['logging']): LoggingOptions =>
  LoggingOptions.fromPartial({
    ...logging,
    epochLogits: constantOf(switches, logging.epochLogits, Switch.SWITCH_UNSPECIFIED),
    wandb:
      logging.wandb &&
      WandbOptions.fromPartial({
        ...logging.wandb,
        mode: constantOf(wandbModes, logging.wandb.mode, WandbMode.WANDB_MODE_UNSPECIFIED),
      }),
  });

const toSearch = ({ options, ...search }: Recipe['search']): SearchOptions =>
  SearchOptions.fromPartial({
    ...search,
    pruner: constantOf(pruners, search.pruner, Pruner.PRUNER_UNSPECIFIED),
    options: Object.fromEntries(
      Object.entries(options).map(([path, choices]) => [
        path,
        Array.isArray(choices) ? { values: choices.map((value) => JSON.stringify(value)) } : choices,
      ]),
    ),
  });

/** A checked recipe as a message, every option set. */
export const toRecipeMessage = ({
  data,
  head,
  optimizer,
  hierarchy,
  loss,
  logging,
  balance,
  adversarial,
  averaging,
  search,
  ...recipe
}: Recipe): RecipeMessage => ({
  ...recipe,
  data: toData(data),
  task: constantOf(taskKinds, recipe.task, TaskKind.TASK_KIND_UNSPECIFIED),
  hierarchy: hierarchy && toHierarchy(hierarchy),
  head: toHead(head),
  optimizer: toOptimizer(optimizer),
  loss: toLoss(loss),
  logging: toLogging(logging),
  balance: BalanceOptions.fromPartial({
    ...balance,
    strategy: constantOf(balanceStrategies, balance.strategy, BalanceStrategy.BALANCE_STRATEGY_UNSPECIFIED),
    within: constantOf(balancedWithin, balance.within, BalanceWithin.BALANCE_WITHIN_UNSPECIFIED),
  }),
  adversarial: AdversarialOptions.fromPartial({
    ...adversarial,
    kind: constantOf(adversaries, adversarial.kind, Adversary.ADVERSARY_UNSPECIFIED),
  }),
  averaging: AveragingOptions.fromPartial({
    ...averaging,
    kind: constantOf(averagings, averaging.kind, Averaging.AVERAGING_UNSPECIFIED),
  }),
  search: toSearch(search),
  ensemble: constantOf(ensembles, recipe.ensemble, Ensemble.ENSEMBLE_UNSPECIFIED),
  thresholds: constantOf(thresholdings, recipe.thresholds, Thresholds.THRESHOLDS_UNSPECIFIED),
  abstain: AbstainOptions.fromPartial(recipe.abstain),
  adaptation: AdaptationOptions.fromPartial(recipe.adaptation),
  metric: constantOf(metrics, recipe.metric, Metric.METRIC_UNSPECIFIED),
  spin: constantOf(switches, recipe.spin, Switch.SWITCH_UNSPECIFIED),
  precision: constantOf(precisions, recipe.precision, Precision.PRECISION_UNSPECIFIED),
  device: constantOf(devices, recipe.device, Device.DEVICE_UNSPECIFIED),
  checkpoint: CheckpointOptions.fromPartial(recipe.checkpoint),
});
