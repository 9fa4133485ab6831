import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,libs,tools}/*/src/**/*.test.ts'],
    // Tests of workers, jobs and the command line run what a user runs: the bundles, built by `npm test` beforehand.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two at a time: a training test keeps a core busy on its own.
    maxWorkers: 2,
    server: { deps: { inline: [/@tensorflow\/tfjs/] } },
  },
});
