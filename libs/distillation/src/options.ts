import { recipeSchema } from '@taxon/training';
import { z } from 'zod';
import { studentSchema } from './student/student-schema.ts';

/** Every option of a distillation, in the recipe's style: each has a default that works; what training reads means what it means there. */

const teacherSchema = z.strictObject({
  /** A model folder, of one model or of an ensemble, whose members then are teachers of equal weight. */
  folder: z.string().min(1),
  /** Its share in the mean of the teachers' probabilities, as a ratio to the others'. */
  weight: z.number().positive().default(1),
});

/** Weights of what the student is to have of the teacher. 0: not computed at all. All but `logits` take one teacher, a single model. */
const signalsSchema = z.strictObject({
  /** Answers: T² times the divergence from the teacher's probabilities at temperature T (Hinton et al. 2015). */
  logits: z.number().min(0).default(1),
  /** Pooled features: 1 − cosine where the widths are the same, else the similarities of the texts of a batch (Tung and Mori 2019). */
  embeddings: z.number().min(0).default(0),
  /** The states behind each of the student's layers, those behind the teacher's layers that they come from; same width. */
  hidden: z.number().min(0).default(0),
  /** How the last layer's queries, keys and values relate to each other (MiniLM v2, Wang et al. 2021); any width, same tokens. */
  relations: z.number().min(0).default(0),
});

const unlabelledSchema = z.strictObject({
  /** Files of texts without labels: CSV, TSV, JSONL, JSON, or TXT with a text a line. Of them the teacher's answers alone are learnt. */
  texts: z.array(z.string().min(1)).default([]),
  textColumn: z.string().default('text'),
});

const {
  data, task, hierarchy, maxLength, head, optimizer, loss, balance, adversarial, averaging, thresholds, calibrate, abstain, metric,
  patience, evaluationsPerEpoch, checkpoint, logging, seed, precision, device, threads, spin, output,
} = recipeSchema.shape; // prettier-ignore

/** A student learns longer and faster than a model that is fine-tuned: it has to find its layers' new places. */
const studentOptimizer = optimizer
  .unwrap()
  .extend({
    epochs: z.number().min(0).max(1000).default(10),
    learningRate: z.number().positive().max(1).default(3e-4),
    layerDecay: z.number().positive().max(1).default(1),
    keep: z.number().gt(0).max(1).default(1),
  })
  .prefault({});

export const distillationSchema = z.strictObject({
  teachers: z.array(teacherSchema).min(1),
  student: studentSchema.prefault({}),
  signals: signalsSchema.prefault({}),
  /** Both sides' logits are divided by it before the answers are compared: the higher, the more the small probabilities count. */
  temperature: z.number().min(0.1).max(100).default(2),
  /** Share of the labels' own loss; the rest is the teacher's. 0: the teacher alone. */
  alpha: z.number().min(0).max(1).default(0.3),
  unlabelled: unlabelledSchema.prefault({}),
  /** `same`: teacher and data have the same labels, else it is an error. `shared`: where they differ, the teacher teaches those that both have. */
  labels: z.enum(['same', 'shared']).default('same'),
  /** Born again (Furlanello et al. 2018): so many students, one after the other, each taught by the one before; the best is kept. */
  generations: z.int().min(1).max(20).default(1),
  data,
  output,
  task,
  hierarchy,
  /** Longest text in tokens; at most what the teacher reads. */
  maxLength,
  /** As the teacher's where nothing is said. */
  head,
  optimizer: studentOptimizer,
  ...{ loss, balance, adversarial, averaging, thresholds, calibrate, abstain, metric },
  patience: patience.default(0),
  ...{ evaluationsPerEpoch, checkpoint, logging, seed, precision, device, threads, spin },
});

/** Validated options: every one present. */
export type DistillationOptions = z.output<typeof distillationSchema>;
/** What a person writes: everything but the teachers, the data and the output is optional. */
export type DistillationInput = z.input<typeof distillationSchema>;
