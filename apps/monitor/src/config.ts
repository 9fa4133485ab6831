import { z } from 'zod';

const share = z.number().min(0).max(1);

export const config = z.object({
  registry: z.string().min(1).default('registry').describe('folder of the registry, or s3://bucket/prefix'),
  stateFolder: z
    .string()
    .min(1)
    .default('monitor')
    .describe('folder of what was seen and decided; of one monitor alone'),
  checkSeconds: z.number().min(0.05).max(86_400).default(30).describe('between looks at every model'),
  newRows: z.int().min(1).default(100).describe('train again at so many new labelled texts'),
  accuracy: share.optional().describe('train again when accuracy on feedback lies below this; not asked where absent'),
  drift: z.boolean().default(true).describe('train again when answers drift from those of validation'),
  schedule: z
    .string()
    .min(1)
    .optional()
    .describe("train again at these times, as cron has them: '0 3 * * 1' is Mondays at 3"),
  timezone: z.string().min(1).default('UTC').describe('of the schedule, such as Europe/Zurich'),
  coolDownHours: z.number().min(0).default(12).describe('nothing is asked for so long after a request'),
  window: z.int().min(200).default(2000).describe('newest sampled answers of a version that drift is measured on'),
  driftEvery: z.int().min(1).default(200).describe('new sampled answers between two measurements of drift'),
  heldOutShare: share
    .default(0.3)
    .describe('share of labelled texts that candidates are compared on, and never learn from'),
  heldOut: z.int().min(0).default(1000).describe('newest such texts that are compared on'),
  keepDays: z
    .number()
    .positive()
    .default(90)
    .describe('days after which answers, feedback and decisions are forgotten; labelled texts stay'),
  margin: z.number().gt(0).lt(1).default(0.02).describe('accuracy on validation that a candidate may lose, 0..1'),
  leastValidation: z.int().min(1).default(100).describe('validation texts without which nothing is promoted by itself'),
  leastFeedback: z.int().min(1).default(30).describe('texts of feedback before they count in a comparison'),
  rollBackAfter: z
    .int()
    .min(1)
    .default(20)
    .describe('judged answers of a promoted version before it may be rolled back'),
  threads: z.int().min(0).max(1024).default(1).describe('threads of comparisons; 0 for as many as the machine has'),
});

export type Config = z.output<typeof config>;
