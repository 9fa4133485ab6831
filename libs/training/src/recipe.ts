import { layerMatrices } from '@taxon/models';
import { z } from 'zod';
import { dataSchema } from './data-schema.ts';
import { lossNames } from './losses/loss-table.ts';
import { headlineFigures } from './scores.ts';

/** Every option of a training run. Each has a default that works; unknown keys are refused with the nearest right name. */
const fraction = z.number().min(0).max(1);

const headSchema = z.strictObject({
  /**
   * `dense`: pooled features, then one linear layer. `pooler`: BERT's own `[CLS]` pooler (tanh), then one linear layer.
   * `prompt`: the masked-language head finds the label's word in a sentence.
   */
  kind: z.enum(['auto', 'dense', 'pooler', 'prompt']).default('auto'),
  /** `auto` takes what the encoder's `1_Pooling/config.json` says, else mean. */
  pooling: z.enum(['auto', 'mean', 'cls']).default('auto'),
  /** L2-normalise the pooled features before the linear layer. */
  normalize: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  /**
   * `solved`: multinomial logistic regression on the frozen features. `names`: each label's row is the features of its names, so that
   * logits are cosines, scaled. `auto`: `names` where nothing else is learnt from and a text has one label, else `solved`.
   */
  start: z.enum(['auto', 'solved', 'names', 'random']).default('auto'),
  /** Weight of the squared norm in the solved problem. */
  l2: z.number().min(0).default(1e-5),
  iterations: z.int().min(1).max(10_000).default(60),
  /** Of the kind `prompt`. */
  prompt: z
    .strictObject({
      /** With `{text}`, `{mask}`, and for pairs `{pair}`, once each. */
      template: z.string().default('{text} It was {mask}.'),
      /** What each label may be called; several words are averaged. The label itself when absent. */
      words: z.record(z.string(), z.array(z.string().min(1)).min(1)).default({}),
    })
    .optional(),
});

const adaptationSchema = z.strictObject({
  /** Files of unlabelled texts: CSV, TSV, JSONL, JSON, or TXT with a text a line. The training part's own texts when empty. */
  texts: z.array(z.string().min(1)).default([]),
  textColumn: z.string().default('text'),
  /** 0: none. Parts of an epoch work. */
  epochs: z.number().min(0).max(1000).default(0),
  learningRate: z.number().positive().max(1).default(1e-4),
  /** Share of the tokens that are hidden. */
  maskedShare: z.number().gt(0).max(0.5).default(0.15),
});

const loraSchema = z.strictObject({
  /** Columns of the first small matrix and rows of the second. 0: off, all weights learn. */
  rank: z.int().min(0).max(1024).default(0),
  /** What the small matrices add counts alpha / rank times. */
  alpha: z.number().positive().default(16),
  /** The matrices of each layer that have them. */
  targets: z
    .array(z.enum(layerMatrices))
    .min(1)
    .default([...layerMatrices]),
  /** Biases and normalisations learn, too. */
  biases: z.boolean().default(false),
});

const optimizerSchema = z.strictObject({
  epochs: z.number().min(0).max(1000).default(2),
  /** The highest rate. `auto`: found by a range test before the first step (Smith 2017). */
  learningRate: z.union([z.literal('auto'), z.number().positive().max(1)]).default(1e-4),
  /** Each layer further from the head learns this much slower. 1 switches it off. */
  layerDecay: z.number().positive().max(1).default(0.9),
  schedule: z.enum(['linear', 'cosine', 'constant']).default('linear'),
  /** Share of all steps in which the rate climbs from 0. */
  warmup: fraction.default(0.1),
  weightDecay: z.number().min(0).max(1).default(0.01),
  /** Every matrix is drawn towards 0 by learning rate times this, until weights are exactly 0. */
  l1: z.number().min(0).max(1).default(0),
  beta1: z.number().min(0).max(0.9999).default(0.9),
  beta2: z.number().min(0).max(0.99999).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** Largest global gradient norm; 0 switches clipping off. */
  clipNorm: z.number().min(0).default(1),
  dropout: z.number().min(0).max(0.9).default(0),
  /** Packed positions a step, rounded up to whole rows. */
  tokensPerStep: z.int().min(64).max(65_536).default(1024),
  /** Steps whose gradients are summed before the weights move. */
  accumulation: z.int().min(1).max(1024).default(1),
  /** Share of the texts that an epoch trains on: those that the model does worst on. `auto`: half of 10,000 and more if it is right about nearly all before it starts, else all. */
  keep: z.union([z.literal('auto'), z.number().gt(0).max(1)]).default('auto'),
  /** Compute each layer again on the way back instead of keeping what it computed (gradient checkpointing): less memory, a third more work. */
  recompute: z.boolean().default(false),
  /** Layers, counted from the embeddings, that do not learn; the embeddings are frozen with the first. What they make of the texts is computed once. */
  freeze: z.int().min(0).max(1000).default(0),
  /** Low-rank adaptation: of the encoder only small matrices beside its weights learn (Hu et al. 2021). */
  lora: loraSchema.prefault({}),
});

const hierarchySchema = z
  .strictObject({
    /** Column of the coarse labels; `data.labelColumn` holds the fine ones. */
    coarseColumn: z.string().min(1).optional(),
    /** File that says which fine labels each coarse one has: JSON, CSV or TSV. */
    map: z.string().min(1).optional(),
    /** So many coarse labels, found by clustering the centroids of the classes. */
    groups: z.int().min(2).max(1000).optional(),
    /** `joint`: all heads at once, end to end. `chain`: the coarse one end to end, then the fine ones on the frozen encoder. */
    training: z.enum(['joint', 'chain']).default('joint'),
    /** Factor on the loss of the fine labels. */
    fineWeight: z.number().positive().default(0.8),
    /** `joint`: the fine label of highest p(coarse)·p(fine | coarse). `greedy`: the best fine one of the best coarse one. */
    decoding: z.enum(['joint', 'greedy']).default('joint'),
  })
  .refine(
    ({ coarseColumn, map, groups }) => [coarseColumn, map, groups].filter((way) => way !== undefined).length === 1,
    {
      message: 'needs one of coarseColumn, map and groups',
    },
  );

const lossSchema = z.strictObject({
  /** `cross-entropy`: of a softmax, or binary for every label of a multi-label task. */
  kind: z.enum(lossNames).default('cross-entropy'),
  /** Rare classes count more: by 1/n, 1/√n, or the effective number of texts (Cui et al. 2019). */
  classWeights: z.enum(['none', 'inverse', 'square-root', 'effective-number']).default('none'),
  /** Of the effective number: the nearer to 1, the nearer to 1/n. */
  beta: fraction.default(0.999),
  /** Multi-label: a label that a text has counts as much more as there are texts without it, at most so many times; 1: alike. */
  positiveWeights: z.number().min(1).default(1),
  labelSmoothing: z.number().min(0).max(0.9).default(0),
  /** Focal: how much less counts what is right already. */
  gamma: z.number().min(0).max(20).default(2),
  /** Asymmetric: the same for labels that a text has, … */
  gammaPositive: z.number().min(0).max(20).default(0),
  /** … for those that it has not, … */
  gammaNegative: z.number().min(0).max(20).default(4),
  /** … and what is taken off their probability. */
  clip: z.number().min(0).max(0.9).default(0.05),
  /** GHM: bins of the gradient's norm. */
  bins: z.int().min(2).max(100).default(10),
  /** R-Drop: weight of the divergence between two passes with dropout; 0 is one pass. */
  rDrop: z.number().min(0).max(100).default(0),
  /** Supervised contrastive loss of the features, beside the loss of the logits: texts of a class draw together. 0 is none. */
  contrastive: z.number().min(0).max(100).default(0),
  /** Of the contrastive loss: the lower, the more the nearest texts of other classes count. */
  temperature: z.number().min(0.01).max(10).default(0.1),
});

const adversarialSchema = z.strictObject({
  /**
   * Every batch is learnt a second time with embeddings moved against the model. `fgm`: one step (Miyato et al. 2017); `pgd`: several
   * smaller ones (Madry et al. 2018); `awp`: the words' rows themselves (Wu et al. 2020).
   */
  kind: z.enum(['none', 'fgm', 'pgd', 'awp']).default('none'),
  /** FGM, PGD: L2 norm of what is added to a text's embeddings. AWP: no weight moves by more than this share of itself. */
  epsilon: z.number().positive().default(0.5),
  /** PGD: L2 norm of one step. */
  alpha: z.number().positive().default(0.2),
  /** PGD: steps. */
  steps: z.int().min(1).max(20).default(3),
  /** AWP: length of the step, as a share of the norm of the batch's word rows. */
  rate: z.number().positive().default(0.01),
});

const averagingSchema = z.strictObject({
  /** What is evaluated and saved. `ema`: an exponential moving average over updates; `swa`: the mean over evaluations from `start` on. */
  kind: z.enum(['none', 'ema', 'swa']).default('none'),
  /** EMA: share that the average keeps at each update. */
  decay: z.number().min(0).max(0.99999).default(0.995),
  /** SWA: share of the run after which averaging begins. */
  start: fraction.default(0.5),
});

const balanceSchema = z.strictObject({
  /** Texts of each class an epoch: as they are; as many as the largest, or the smallest, class has; in proportion to √n. */
  strategy: z.enum(['none', 'oversample', 'undersample', 'square-root']).default('none'),
  /** No class has more texts an epoch; 0: any number. */
  most: z.int().min(0).default(0),
  /** No class has fewer, repeated if need be. */
  least: z.int().min(0).default(0),
  /** `coarse`: the fine classes of each coarse one are balanced among themselves. */
  within: z.enum(['all', 'coarse']).default('all'),
});

const abstainSchema = z.strictObject({
  /** Share of the validation texts in scope that are still to be answered; 1 never abstains. */
  coverage: z.number().gt(0).max(1).default(1),
  /** File of texts out of scope, on which and on the validation part the threshold is chosen, for the best F1 of both. */
  outOfScope: z.string().min(1).optional(),
});

const loggingSchema = z.strictObject({
  /**
   * Logits and labels of the validation part at every evaluation, as JSON in `run/epochs/`. `auto`: where a task's texts × labels
   * are at most a million, which is a file of some 10 MB an evaluation.
   */
  epochLogits: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  /** Event files for TensorBoard, in the run folder's `tensorboard/`. */
  tensorboard: z.boolean().default(false),
  /** Another folder for them; then they are written, whatever `tensorboard` says. */
  tensorboardFolder: z.string().min(1).optional(),
  /** The finished run's curves, recipe and scores for Weights & Biases, by the Python package that is installed (`pip install wandb`). */
  wandb: z
    .strictObject({
      project: z.string().min(1),
      entity: z.string().min(1).optional(),
      /** What the run is called. By the output folder when absent. */
      name: z.string().min(1).optional(),
      /** `offline` writes a folder that `wandb sync` sends later. */
      mode: z.enum(['online', 'offline']).default('online'),
    })
    .optional(),
});

const searchSchema = z.strictObject({
  /** Trainings with other options, judged by the validation part; the best model is saved. 0: none. The first is the recipe as it stands. */
  trials: z.int().min(0).max(1000).default(0),
  /**
   * Option by its path to what may be tried: a list of values, or a range. Options that change the texts or the model's shape are
   * not for searching.
   */
  options: z
    .record(
      z.string(),
      z.union([
        z.array(z.union([z.number(), z.string(), z.boolean()])).min(1),
        z
          .strictObject({
            low: z.number(),
            high: z.number(),
            /** Every order of magnitude is as likely; for a range above 0. */
            log: z.boolean().default(false),
          })
          .refine(({ low, high, log }) => low < high && (!log || low > 0), {
            message: 'a range goes up from low to high, above 0 where log is true',
          }),
      ]),
    )
    .default({
      'optimizer.learningRate': { low: 2e-5, high: 5e-4, log: true },
      'optimizer.epochs': [1, 2, 3, 4],
      'optimizer.layerDecay': [0.8, 0.9, 1],
      'optimizer.dropout': [0, 0.1],
      'optimizer.weightDecay': [0, 0.01, 0.1],
    }),
  /** Which trials are stopped at an evaluation. `median`: below the median of those before; `halving`: all but the best third at rungs. */
  pruner: z.enum(['median', 'halving', 'none']).default('median'),
  /** Of what is tried. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
});

export const recipeSchema = z
  .strictObject({
    data: dataSchema,
    encoder: z.string().min(1).default('all-MiniLM-L6-v2'),
    /** Folder to write the model to. */
    output: z.string().min(1),
    /** Labels a text of `data.labelColumn`. `auto`: several where a text has a list of them. */
    task: z.enum(['auto', 'single-label', 'multi-label']).default('auto'),
    hierarchy: hierarchySchema.optional(),
    /** Longest text in tokens, special tokens included; longer ones are cut. */
    maxLength: z.int().min(4).max(8192).default(128),
    head: headSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    /** The encoder first goes on with masked-language training on unlabelled texts of the domain. */
    adaptation: adaptationSchema.prefault({}),
    loss: lossSchema.prefault({}),
    balance: balanceSchema.prefault({}),
    adversarial: adversarialSchema.prefault({}),
    averaging: averagingSchema.prefault({}),
    /** Multi-label: from which probability on a label is given. `tuned`: by label, on the validation part. */
    thresholds: z.enum(['tuned', 'global', 'half']).default('tuned'),
    /** Logits are divided by a temperature fitted on the validation part, so that probabilities can be believed (Guo et al. 2017). */
    calibrate: z.boolean().default(true),
    abstain: abstainSchema.prefault({}),
    /** What chooses the best checkpoint. `auto`: accuracy; macro F1 where a task is multi-label. */
    metric: z.enum(['auto', ...headlineFigures, 'loss']).default('auto'),
    /** Evaluations without improvement after which training stops; 0 never stops early. */
    patience: z.int().min(0).default(2),
    /** Evaluations of the validation part in one epoch. */
    evaluationsPerEpoch: z.int().min(1).max(100).default(1),
    /** When a run in progress is kept, so that `--resume` can go on after a crash: always the last two times. */
    checkpoint: z
      .strictObject({
        /** Minutes between two checkpoints; 0: none by the clock. */
        minutes: z.number().min(0).default(5),
        /** Updates between two; 0: none by count. */
        updates: z.int().min(0).default(0),
      })
      .prefault({}),
    /** Cross-validation: so many models, each trained without one part of the training texts and then asked about it. 0: none. */
    folds: z
      .int()
      .min(0)
      .max(100)
      .refine((folds) => folds !== 1, { message: 'one fold leaves nothing to train on: 0, or 2 and more' })
      .default(0),
    /** So many models, each trained on a bootstrap sample of the training texts and asked about those that it lacks. 0: none. */
    bagging: z
      .int()
      .min(0)
      .max(100)
      .refine((bags) => bags !== 1, { message: 'one bag is no ensemble: 0, or 2 and more' })
      .default(0),
    /**
     * What is saved after `folds` or `bagging`. `refit`: one model more, trained on all training texts. `soup`: the mean of the members'
     * weights (Wortsman et al. 2022). `vote`: all members, whose probabilities are averaged.
     */
    ensemble: z.enum(['refit', 'soup', 'vote']).default('refit'),
    search: searchSchema.prefault({}),
    /** What a run tells beside its report. Nothing leaves the machine unless `wandb` is given. */
    logging: loggingSchema.prefault({}),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0),
    /**
     * `int8`: products of 8-bit numbers, 1.7 times faster on processors that have instructions for them. `auto`: where they do,
     * and the solved head is right about nine in ten texts.
     * `fp16`: half precision with loss scaling, on `cuda` and `webgpu` alone.
     */
    precision: z.enum(['auto', 'fp32', 'int8', 'fp16']).default('auto'),
    /** What the training steps run on (docs/devices.md). `auto`: the processor, through ONNX Runtime. */
    device: z.enum(['auto', 'cpu', 'cuda', 'webgpu', 'tensorflow', 'tensorflow-gpu', 'wasm']).default('auto'),
    /** 0: as many as the machine has. */
    threads: z.int().min(0).max(1024).default(0),
    /** ONNX Runtime's threads spin while they wait: faster on cores that are ours alone, three times slower on shared ones. */
    spin: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  })
  .refine(({ head, data }) => head.start !== 'names' || data.labelNames !== false, {
    path: ['head', 'start'],
    message: "'names' starts from what labels are called: data.labelNames says that",
  });

/** A validated recipe: every option present. */
export type Recipe = z.output<typeof recipeSchema>;
/** What a person writes: everything but the data and the output is optional. */
export type RecipeInput = z.input<typeof recipeSchema>;
