import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeEncoderFolder } from '@taxon/models/testing';

const phrases = {
  lost: ['my card was lost', 'lost card please help', 'card lost what now', 'a lost card', 'help my new card was lost'],
  rate: ['what is the rate today', 'today rate please', 'the rate of money', 'is the rate new', 'what rate is it'],
};

/** A folder with `data.csv` and `encoder/`, small enough to train on in a second. */
export const writeTrainingFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await writeEncoderFolder(join(folder, 'encoder'));
  const rows = Object.entries(phrases).flatMap(([label, texts]) =>
    texts.flatMap((text) => Array.from('abcdefghij', (letter) => `"${text} ${letter}",${label}`)),
  );
  await writeFile(join(folder, 'data.csv'), ['text,label', ...rows].join('\n'));
};

/** Ids of this process's children that run an entry, e.g. `training-job`. */
export const childrenThatRun = (entry: string): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) === process.pid && match[3]!.includes(`${entry}.js`))
    .map((match) => Number(match![1]));
