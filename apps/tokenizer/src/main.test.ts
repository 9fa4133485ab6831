import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenizerJson } from './testing.ts';

const bundle = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program as a container runs it; `onLine` sees each line of its log. */
const run = (args: string[], onLine: (line: string, stop: () => void) => void = () => undefined) =>
  new Promise<Outcome>((resolve, reject) => {
    const child = spawn(process.execPath, [bundle, ...args], { env: { PATH: process.env.PATH } });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => {
      outcome.stdout += data.toString();
      for (const line of data.toString().split('\n')) onLine(line, () => child.kill('SIGTERM'));
    });
    child.stderr.on('data', (data: Buffer) => (outcome.stderr += data.toString()));
    child.on('error', reject).on('close', (code) => resolve({ ...outcome, code }));
  });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-tokenizer-'));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
});
afterEach(() => rm(folder, { recursive: true }));

describe.skipIf(!existsSync(bundle))('the program (skipped where it is not built)', () => {
  it('serves until SIGTERM, passes its states, and exits with 0', async () => {
    const states: unknown[] = [];
    const { code, stderr } = await run(['--encoder', folder, '--port', '0', '--metrics-port', '0'], (line, stop) => {
      if (line === '') return;
      const { state } = JSON.parse(line) as { state?: string };
      if (state !== undefined) states.push(state);
      if (state === 'ready') stop();
    });
    expect({ code, stderr, states }).toEqual({ code: 0, stderr: '', states: ['ready', 'draining', 'stopped'] });
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--encoder <string>');
  });

  it('exits with 2 and one message for a wrong configuration', async () => {
    const { code, stderr, stdout } = await run(['--prot', '1']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: --prot: unknown; did you mean '--port'\?\n/);
  });
});
