import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import type { Machine } from './machine.ts';

export const peerNames = ['trainer', 'recipe'] as const;
/** `trainer`: Hugging Face's Trainer. `recipe`: Taxon's own recipe in PyTorch. */
export type PeerName = (typeof peerNames)[number];

const runSchema = z.looseObject({
  peer: z.enum(peerNames).default('trainer'), // older records know no other
  precision: z.enum(['fp32', 'bf16']),
  seed: z.number().optional(),
  /** What settings are chosen by; older records lack it. */
  validationAccuracy: z.number().optional(),
  /** On the test part. */
  accuracy: z.number(),
  macroF1: z.number(),
  /** Learning alone: neither loading nor scoring. */
  seconds: z.number().positive(),
  /** The whole command. */
  wallSeconds: z.number(),
  tokensPerSecond: z.number(),
  peakMemoryBytes: z.number(),
  epochs: z.array(z.looseObject({ epoch: z.number(), seconds: z.number(), accuracy: z.number() })).min(1),
});

/** What one run of train.py or recipe.py found out. */
export type PeerRun = z.output<typeof runSchema>;

const recordSchema = z.object({
  dataset: z.string(),
  machine: z.object({ cpu: z.string(), cores: z.number(), node: z.string(), date: z.string() }),
  runs: z.array(runSchema).min(1),
});

/** Peer runs kept for later: they take ten minutes and more. */
export type PeerRecord = z.output<typeof recordSchema>;

export const parsePeerRun = (value: unknown): PeerRun => runSchema.parse(value);

export const writePeerRecord = async (path: string, record: PeerRecord): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`);
};

/**
 * Peer runs recorded earlier, on this machine and of this data set.
 * @throws TaxonError `invalid_input` when the file is none, or of another machine or data set
 */
export const readPeerRecord = async (path: string, dataset: string, machine: Machine): Promise<PeerRecord> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw invalidInput(
      `--peer-results ${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidInput(`--peer-results ${path}: not JSON`);
  }
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidInput(`--peer-results ${path}: ${issue!.path.join('.')}: ${issue!.message}`);
  }
  const record = parsed.data;
  if (record.dataset !== dataset)
    throw invalidInput(`--peer-results ${path}: recorded for ${record.dataset}, this run is for ${dataset}`);
  const here = `${machine.cpu}, ${machine.cores} cores`;
  const there = `${record.machine.cpu}, ${record.machine.cores} cores`;
  if (here !== there)
    throw invalidInput(`--peer-results ${path}: recorded on ${there}, this is ${here}`, 'leave it out to run the peer');
  return record;
};
