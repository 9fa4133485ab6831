import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { unsupportedKernels } from '../kernels/index.ts';
import { atLeast, lastDigit, specFiles, specs, strings, unsupported } from './left-out.ts';
import { runSpecs, specFolder } from './run-specs.ts';
import type { SpecReport, SpecResult } from './spec-report.ts';

const files = readdirSync(specFolder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => specFiles.test(path))
  .sort();

const holdsStrings = ({ messages }: SpecResult): boolean => messages.some((text) => text.includes(strings.message));
const isLeftOut = (spec: SpecResult): boolean =>
  spec.refused.length > 0 || spec.name in specs || spec.name in lastDigit || holdsStrings(spec);
const describeSpec = ({ name, status, messages }: SpecResult): string => `${name}: ${status} ${messages.join(' ')}`;

describe("tfjs-core's own specs, traced and run by ONNX Runtime", () => {
  let report: SpecReport;

  beforeAll(async () => {
    report = await runSpecs(files, 'all');
  });

  it('pass, but for those left out', () => {
    const failed = report.results.filter((spec) => spec.status !== 'passed' && !isLeftOut(spec));
    expect(failed.map(describeSpec)).toEqual([]);
    expect(report.errors).toEqual([]);
  });

  it('are left out only where the list says so, for the reason that it gives', () => {
    const reached = Object.fromEntries(unsupportedKernels.map((name) => [name, 0]));
    for (const { refused } of report.results) for (const name of refused) reached[name]!++;
    expect(reached).toEqual(Object.assign({}, ...Object.values(unsupported)));
    expect(report.results.filter(holdsStrings)).toHaveLength(strings.specs);
    const named = report.results.filter(({ name }) => name in specs);
    expect(new Set(named.map(({ name }) => name))).toEqual(new Set(Object.keys(specs)));
    expect(named.filter(({ status }) => status === 'passed').map(describeSpec)).toEqual([]);
  });

  it('are many, and are really run', () => {
    const passed = report.results.filter((spec) => spec.status === 'passed' && !isLeftOut(spec));
    const programs = report.results.reduce((sum, spec) => sum + spec.programs, 0);
    const byRunning = passed.filter((spec) => spec.programs > 0);
    expect(byRunning.length).toBeGreaterThanOrEqual(atLeast.passedByRunning);
    expect(report.results.length).toBeGreaterThanOrEqual(atLeast.specs);
    expect(passed.length).toBeGreaterThanOrEqual(atLeast.passed);
    expect(programs).toBeGreaterThanOrEqual(atLeast.programs);
  });
});
