// Taxon's side of `step`, in a process of its own: its memory is measured, and native calls block its event loop.
// `node bench-step.js REQUEST` ends with one JSON line.
import { measureMatmulCeiling } from '@taxon/compute';
import { measureTrainingStep } from './measure-training-step.ts';
import { productShapes, type StepRequest } from './step-work.ts';

const { measure, spin, work } = JSON.parse(process.argv[2]!) as StepRequest;
const session = { threads: work.threads, spin };
const answer =
  measure === 'ceiling'
    ? { gigaflops: await measureMatmulCeiling({ shapes: productShapes(work), ...session }) }
    : { seconds: await measureTrainingStep(work, session) };
console.log(JSON.stringify(answer));
