// Taxon's side of `step`, in a process of its own: its memory is measured, and native calls block its event loop.
// `node bench-step.js REQUEST` ends with one JSON line.
import { measureMatmulCeiling } from '@taxon/compute';
import { tokensPerCall } from './bench-model.ts';
import { measureTrainingStep } from './measure-training-step.ts';
import { profileTrainingStep } from './profile-training-step.ts';
import type { StepRequest } from './step-request.ts';
import { productShapes } from './step-work.ts';

const { measure, precision, spin, work } = JSON.parse(process.argv[2]!) as StepRequest;
const session = { threads: work.threads, spin };
const answers: Record<StepRequest['measure'], () => Promise<object>> = {
  ceiling: async () => ({
    gigaflops: await measureMatmulCeiling({ shapes: productShapes(work, tokensPerCall(work)), ...session }),
  }),
  step: () => measureTrainingStep(work, precision, session),
  profile: () => profileTrainingStep(work, precision, session),
};
console.log(JSON.stringify(await answers[measure]()));
