import { createRequire } from 'node:module';

interface FailedExpectation {
  message: string;
  stack: string;
}

/** The part of jasmine's reporter interface that is read here. */
export interface Reporter {
  specStarted(): void;
  specDone(result: { fullName: string; status: string; failedExpectations: FailedExpectation[] }): void;
  jasmineDone(info: { overallStatus: string; failedExpectations: FailedExpectation[] }): void;
}

interface Environment {
  beforeEach(action: () => void): void;
  configure(options: { random: boolean; forbidDuplicateNames: boolean }): void;
  addReporter(reporter: Reporter): void;
  execute(): Promise<void>;
}

interface Jasmine {
  getEnv(): Environment;
}

const core = createRequire(import.meta.url)('jasmine-core') as { boot(): Jasmine };

/** Booting puts describe, it and expect where specs look for them. */
export const jasmine = core.boot();
