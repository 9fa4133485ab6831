import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Irregular forms by lemma, of WordNet's lists of exceptions, which wink-lexicon carries by form. */
const irregularForms = (list: 'verb' | 'noun'): Map<string, string[]> => {
  const byForm = require(`wink-lexicon/src/wn-${list}-exceptions.js`) as Record<string, string>;
  const forms = new Map<string, string[]>();
  for (const [form, lemma] of Object.entries(byForm))
    if (form !== lemma) forms.set(lemma, [...(forms.get(lemma) ?? []), form]);
  return forms;
};

let verbs: Map<string, string[]> | undefined;
let nouns: Map<string, string[]> | undefined;

const sibilant = /(?:s|x|z|ch|sh)$/;
const consonantY = /[^aeiou]y$/;

const withS = (word: string): string =>
  sibilant.test(word) ? `${word}es` : consonantY.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;

const withIng = (word: string): string => (/[^eoy]e$/.test(word) ? `${word.slice(0, -1)}ing` : `${word}ing`);

const withEd = (word: string): string =>
  word.endsWith('e') ? `${word}d` : consonantY.test(word) ? `${word.slice(0, -1)}ied` : `${word}ed`;

/** The only one of a word's irregular forms that `fits`; undefined where there are several, `regular` where there is none. */
const irregularOr = (
  forms: readonly string[],
  fits: (form: string) => boolean,
  regular: string,
): string | undefined => {
  const own = forms.filter(fits);
  return own.length > 1 ? undefined : (own[0] ?? regular);
};

const verbForm = (lemma: string, tag: string): string | undefined => {
  verbs ??= irregularForms('verb');
  const forms = verbs.get(lemma) ?? [];
  const isIng = (form: string): boolean => form.endsWith('ing');
  if (tag === 'VBZ') return withS(lemma);
  if (tag === 'VBG') return irregularOr(forms, isIng, withIng(lemma));
  if (tag === 'VBD' || tag === 'VBN')
    return irregularOr(forms, (form) => !isIng(form) && !form.endsWith('s'), withEd(lemma));
  return lemma;
};

/**
 * A lemma in the form that a Penn tag names: plural, third person, -ing, past. Of several words a verb's first is inflected, a noun's last.
 * @param lemma with `_` between words
 * @returns undefined where the form is not sure (`buy` has one past, `go` has two), or would need comparison
 */
export const inflect = (lemma: string, tag: string): string | undefined => {
  const words = lemma.split('_');
  if (tag.startsWith('VB')) {
    const form = verbForm(words[0]!, tag);
    return form === undefined ? undefined : [form, ...words.slice(1)].join(' ');
  }
  if (tag === 'NNS' || tag === 'NNPS') {
    nouns ??= irregularForms('noun');
    const last = words.at(-1)!;
    const form = irregularOr(nouns.get(last) ?? [], () => true, withS(last));
    return form === undefined ? undefined : [...words.slice(0, -1), form].join(' ');
  }
  return tag.endsWith('R') || tag.endsWith('S') ? undefined : words.join(' ');
};
