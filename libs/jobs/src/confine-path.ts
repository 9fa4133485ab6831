import { isAbsolute, relative, resolve, sep } from 'node:path';
import { invalidInput } from '@taxon/errors';

/** A folder that a service's requests may name files of. */
export interface AllowedFolder {
  folder: string;
  /** Its key of the configuration, e.g. `dataFolder`. */
  key: string;
  /** Whose it is, e.g. `trainer`. */
  service: string;
}

/**
 * The path, absolute, from below a folder: whoever may start jobs must not thereby read and overwrite everything that this
 * process can.
 * @throws TaxonError `invalid_input` naming the path's field, the path and the folder
 */
export const confinePath = (path: string, field: string, { folder, key, service }: AllowedFolder): string => {
  const root = resolve(folder);
  const absolute = resolve(root, path);
  const inside = relative(root, absolute);
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return absolute;
  const description = `${JSON.stringify(path)} is outside ${root}, the ${service}'s ${key}`;
  throw invalidInput(`${field}: ${description}`, `give a path below it, or start the ${service} with another ${key}`, [
    { field, description },
  ]);
};
