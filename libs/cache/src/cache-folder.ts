import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was fetched lies, for all of a person's projects: `TAXON_CACHE`, else what the XDG directories say (`~/.cache/taxon`). */
export const defaultCacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env['TAXON_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'taxon');
