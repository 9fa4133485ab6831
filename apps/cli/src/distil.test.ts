import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, lastLine, runProgram, type RunOptions } from './testing.ts';

const labels = ['close', 'lost', 'rate'];
const words = { lost: ['card', 'my', 'pin'], rate: ['money', 'today', 'new'], close: ['account', 'pay', 'please'] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-cli-distil-'));
  const encoder = await temporaryFolder();
  await writeEncoderFolder(encoder);
  const save = (name: string, own: string[]): Promise<void> =>
    saveModelFolder(join(folder, name), tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, own), {
      ...{ tokenizerFrom: encoder, card },
    });
  await save('teacher', labels);
  await save('other', ['close', 'lost', 'stolen']);
  await rm(encoder, { recursive: true });
  const random = createRandom(1);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  const rows = Array.from({ length: 150 }, (_, i) => {
    const label = labels[i % 3] as keyof typeof words;
    return `${Array.from({ length: 4 }, () => pick(words[label])).join(' ')} ${pick(Object.values(words).flat())},${label}`;
  });
  await writeFile(join(folder, 'data.csv'), ['text,label', ...rows].join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const taxon = (args: string[], options: Partial<RunOptions> = {}) =>
  runProgram(process.execPath, [bin, ...args], { cwd: folder, ...options });
const quick = ['--set', 'optimizer.learningRate=1e-3', '--threads', '1', '--precision', 'fp32'];

describe('taxon distil', () => {
  it('makes a smaller model of a larger one, and shows both side by side', async () => {
    const student = ['--student', 'layers:1+ffn:32+vocabulary:domain', '--output', 'student', '--epochs', '2'];
    const { code, out, err } = await taxon([
      'distil',
      '--data',
      'data.csv',
      '--teacher',
      'teacher',
      ...student,
      ...quick,
    ]);
    expect(err).toContain('teacher: ');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {9}layers +heads +ffn +vocabulary +parameters +validation +test$/mu);
    expect(out).toMatch(/^teacher +2 +4 +64 /mu);
    expect(out).toMatch(/^student +1 +4 +32 /mu);
    expect(out).toMatch(/^kept +\d+\.\d % of the teacher's accuracy \(test\)$/mu);
    const answer = await taxon(['predict', 'student', 'my card', '--json']);
    expect(JSON.parse(lastLine(answer.out))).toMatchObject({ labels: expect.any(Array) });
  });

  it('says in the words of the command what is wrong', async () => {
    const asking = async (...args: string[]): Promise<string> => {
      const { code, err } = await taxon(['distil', 'data.csv', ...args]);
      expect(code).toBe(2);
      return err;
    };
    expect(await asking()).toContain('no teacher is given');
    expect(await asking('--teacher', 'teacher', '--student', 'layers:many')).toContain("'many' is not a whole number");
    expect(await asking('--teacher', 'teacher', '--temperature', '0')).toContain('--temperature: Too small');
    expect(await asking('--teacher', 'teacher', '--signals', 'hiden=1')).toContain("did you mean 'hidden'");
    expect(await asking('--teacher', 'nowhere')).toContain('nowhere does not exist');
    expect(await asking('--teacher', 'other')).toContain('it lacks rate; the data lacks stolen');
    expect((await readdir(folder)).sort()).toEqual(['data.csv', 'other', 'student', 'teacher']);
  });

  it('stopped by Ctrl-C leaves what --resume goes on from', async () => {
    const args = [
      'distil',
      'data.csv',
      '-t',
      'teacher',
      '-s',
      'layers:1',
      '-o',
      'stopped',
      '--epochs',
      '400',
      ...quick,
    ];
    let stopped = false;
    const { code, err } = await taxon(args, {
      onOutput(child, { err: told }) {
        if (stopped || !/validation, epoch [1-9]/u.test(told)) return;
        stopped = true;
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(err).toMatch(/interrupted at step \d+; a checkpoint is kept/u);
    expect(err).toContain('taxon distil data.csv -t teacher -s layers:1 -o stopped --epochs 400');
    const left = (await readdir(folder)).filter((name) => name.includes('stopped'));
    expect(left.sort()).toEqual(['stopped.checkpoint', 'stopped.distillation']);
  });
});
