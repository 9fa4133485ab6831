import { invalidInput } from '@taxon/errors';

/** A way to train: options of the recipe laid over what all variants share. */
export interface Variant {
  /** As it was written, e.g. `precision=int8,optimizer.keep=0.5`. */
  name: string;
  /** Each as `option=value`. */
  settings: string[];
}

/** Changes nothing. */
const unchanged = 'default';

/** Commas between options, as in `a=1,b=2`. @throws TaxonError `invalid_input` naming what is no option=value */
export const settingsOption = (name: string, text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((setting) => setting.trim())
    .filter((setting) => setting !== '')
    .map((setting) => {
      if (/^[^=\s]+=.+$/u.test(setting)) return setting;
      throw invalidInput(
        `--${name} ${setting}: must be option=value`,
        'For example precision=int8,optimizer.epochs=1.5.',
      );
    });

/** Semicolons between variants, commas between the options of one. @throws TaxonError `invalid_input` */
export const variantsOption = (name: string, text: string | undefined): Variant[] => {
  const names = (text ?? '').split(';').map((variant) => variant.trim());
  const twice = names.find((variant, index) => names.indexOf(variant) < index);
  if (twice !== undefined) throw invalidInput(`--${name}: ${twice || 'an empty variant'} stands there twice`);
  return names.map((variant) => {
    if (variant === '')
      throw invalidInput(`--${name}: an empty variant`, `'${unchanged}' is the variant that changes nothing.`);
    return { name: variant, settings: variant === unchanged ? [] : settingsOption(name, variant) };
  });
};
