// `npm test [-- vitest's arguments]` on a fresh clone: installs, builds what tests start, runs every test.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buildForTests } from './build.mjs';
import { install } from './install.mjs';
import { main, run, workspaceRoot } from './run.mjs';

const readReport = async (path) => {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
};

/** Names of the tests that did not run, file by file. */
const skippedTests = (report) =>
  report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => `${relative(workspaceRoot, name)}: ${fullName}`),
  );

/** Whoever reads only the last line is told, too, when no test could run. */
const prepare = async () => {
  try {
    await install();
    await buildForTests();
  } catch (error) {
    console.log('0 passed, 1 failed, 0 skipped');
    throw error;
  }
};

await main(async () => {
  await prepare();

  const folder = join(workspaceRoot, '.cache');
  const reportPath = join(folder, `test-report-${process.pid}.json`);
  await mkdir(folder, { recursive: true });
  const vitest = join(workspaceRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const exitCode = await run(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
    mayFail: true,
  });

  const report = await readReport(reportPath);
  await rm(reportPath, { force: true });
  if (report === undefined) {
    console.log('no report: the test runner itself failed');
    console.log('0 passed, 1 failed, 0 skipped');
    return exitCode || 1;
  }
  const skipped = skippedTests(report);
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
  // A file that cannot even be loaded fails without a test in it; so does an error outside of every test.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  let failed = report.numFailedTests + brokenFiles.length;
  if (exitCode !== 0 && failed === 0) failed = 1;
  console.log(`\n${report.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
  return exitCode || (failed > 0 ? 1 : 0);
});
