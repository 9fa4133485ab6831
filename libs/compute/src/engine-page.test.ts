import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

describe('the example of docs/engine.md', () => {
  let block: string;
  let folder: string;
  let path: string;
  beforeAll(async () => {
    const page = await readFile(join(workspace, 'docs/engine.md'), 'utf8');
    const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gmsu)];
    expect(blocks).toHaveLength(1);
    block = blocks[0]![1]!;
    // Within the workspace, where `@taxon/compute` resolves.
    await mkdir(join(workspace, '.cache'), { recursive: true });
    folder = await mkdtemp(join(workspace, '.cache/engine-page-'));
    path = join(folder, 'example.ts');
    await writeFile(path, block);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has at most 30 lines', () => expect(block.trimEnd().split('\n').length).toBeLessThanOrEqual(30));

  it('has the right types under the options of this workspace', () => {
    const { config } = ts.readConfigFile(join(workspace, 'tsconfig.base.json'), (file) => ts.sys.readFile(file));
    const { options } = ts.convertCompilerOptionsFromJson(
      (config as { compilerOptions: object }).compilerOptions,
      workspace,
    );
    const ambient = join(workspace, 'libs/compute/src/webassembly.d.ts');
    const problems = ts.getPreEmitDiagnostics(ts.createProgram([path, ambient], options));
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('learns the sine', async () => {
    const printed: unknown[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((value) => void printed.push(value));
    try {
      await import(pathToFileURL(path).href);
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual([expect.any(Float32Array)]);
    const answers = [...(printed[0] as Float32Array)];
    expect(answers).toHaveLength(3);
    answers.forEach((y, i) => expect(Math.abs(y - Math.sin(i - 1)), `sin ${i - 1}`).toBeLessThan(0.05));
  });
});
