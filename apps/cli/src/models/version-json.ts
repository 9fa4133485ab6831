import type { ModelVersion } from '@taxon/registry';

/** A version as `--json` tells it. */
export const versionJson = ({ model, version, createdAt, contentDigest, bytes, aliases }: ModelVersion) => ({
  ...{ model, version, createdAt, contentDigest, bytes, aliases },
});
