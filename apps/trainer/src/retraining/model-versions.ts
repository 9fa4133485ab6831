import { join } from 'node:path';
import type { Scores, TrainingResult } from '@taxon/contracts';
import type { Registry, VersionScores } from '@taxon/registry';
import { describeModelFolder } from '@taxon/models';

/** What a training leaves behind, as the registry keeps it. */
export interface Candidate {
  requestId: string;
  jobId: string;
  parent: number;
  reason: string;
  /** Digests of the files of new rows. */
  rows: readonly string[];
  result: TrainingResult | undefined;
}

/** What a retrainer needs of the registry. */
export interface ModelVersions {
  /**
   * A version's folder, checked against its digests.
   * @param version 0: the one that serves
   * @throws TaxonError `not_found`
   */
  checkOut(model: string, version: number): Promise<{ version: number; folder: string }>;
  /** Files of new rows by their digests, put into a folder. @throws TaxonError `not_found` */
  readRows(digests: readonly string[], folder: string): Promise<string[]>;
  /** The candidate's version; the same request is registered once. */
  register(model: string, folder: string, candidate: Candidate): Promise<number>;
}

const figuresOf = (scores: Scores | undefined): Record<string, number> => scores?.figures ?? {};

const scoresOf = (result: TrainingResult | undefined): VersionScores => ({
  validation: figuresOf(result?.validation),
  test: figuresOf(result?.test),
});

const by = 'trainer';

/** A registry as a retrainer uses it. */
export const modelVersions = (registry: Registry, signal: AbortSignal): ModelVersions => ({
  checkOut: async (model, number) => {
    const version = await registry.resolve(number === 0 ? model : `${model}@${number}`);
    return { version: version.version, folder: await registry.checkOut(version, { signal }) };
  },
  readRows: async (digests, folder) => {
    const paths = digests.map((digest) => join(folder, `rows-${digest}.jsonl`));
    for (const [i, path] of paths.entries()) await registry.getFile(digests[i]!, path, signal);
    return paths;
  },
  register: async (model, folder, { requestId, jobId, parent, reason, rows, result }) => {
    const { lineage = {} } = await describeModelFolder(folder);
    const { version } = await registry.register({
      ...{ model, folder, by, reason, eventId: `${requestId}/registered`, signal },
      lineage: {
        ...{ how: 'trained', parent, jobId, reason },
        recipe: lineage['recipe'],
        codeVersion: lineage['codeVersion'] as string,
        data: { data: lineage['dataDigest'] as string, rows },
      },
      scores: scoresOf(result),
    });
    const alias = { model, alias: 'candidate', to: version, by, reason };
    await registry.moveAlias({ ...alias, eventId: `${requestId}/candidate` });
    return version;
  },
});
