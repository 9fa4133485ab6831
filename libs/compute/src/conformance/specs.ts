// Runs tfjs-core's own specs on the tracer: bundled with them, in a process of its own (see run-specs.ts).
import { jasmine, type Reporter } from './jasmine.ts';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { unsupportedKernels } from '../kernels/index.ts';
import { openReadableTrace, traceBackendName, type Trace } from '../trace-backend.ts';
import { watchKernels } from '../watch-kernels.ts';
import { evaluate } from './evaluate.ts';
import type { SpecReport, SpecResult } from './spec-report.ts';

let trace: Trace;
let programs = 0;
const refused = new Set<string>();

const openTrace = (): void => {
  trace = openReadableTrace((value) => {
    programs++;
    return evaluate(trace.builder.graph, value);
  });
};

const results: SpecResult[] = [];

const reporter: Reporter = {
  specStarted() {
    refused.clear();
    programs = 0;
  },
  specDone({ fullName, status, failedExpectations }) {
    if (!fullName.includes(' taxon {} ')) return; // no backend takes part in the others
    results.push({
      name: fullName.replace(' taxon {} ', ': '),
      status,
      messages: failedExpectations.map(({ message }) => message),
      refused: [...refused],
      programs,
    });
  },
  jasmineDone({ overallStatus, failedExpectations }) {
    const errors = failedExpectations.map(({ message, stack }) => `${message}\n${stack}`);
    const report: SpecReport = { results, overallStatus, errors };
    process.send!(report, () => process.exit());
  },
};

openTrace();
// A spec that expects an error would take the tracer's refusal for it: refusals are counted where they happen.
watchKernels(unsupportedKernels, (name) => refused.add(name));
setTestEnvs([{ name: 'taxon', backendName: traceBackendName, isDataSync: false }]);
const env = jasmine.getEnv();
env.beforeEach(openTrace);
env.configure({ random: false, forbidDuplicateNames: false }); // tfjs has suites of one name
env.addReporter(reporter);
setImmediate(() => void env.execute()); // once the specs, imported after this module, are declared
