import manifest from '../package.json' with { type: 'json' };

/** Of Taxon, as models say which one trained them. */
export const codeVersion: string = manifest.version;
