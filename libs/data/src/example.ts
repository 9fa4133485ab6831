/** `single-label`: exactly one label a text; `multi-label`: any number, none of them included. */
export type TaskKind = 'single-label' | 'multi-label';

/** One labelled text, or pair of texts. */
export interface Example {
  /** Of the file's column `id`, where it has one; what is made of a text is known by it (`Origin.parent`). */
  id?: string;
  /** As written in the file, never empty or blank. */
  text: string;
  /** Second text of a sentence pair, never empty or blank. */
  pair?: string;
  /** By task: trimmed, distinct, never empty; `undefined` where not known, `[]` for none of them (multi-label). */
  labels: readonly (readonly string[] | undefined)[];
  /** Where the text came from, when the file says so. */
  source?: string;
  /** 1-based line of the file on which the record starts; 0 for a text that stands in no file. */
  line: number;
  /** How the text was made, where nobody wrote it as an example. Such texts are learnt from, never scored on. */
  origin?: Origin;
}

/** The method of texts that say what a label is called. */
export const labelNameMethod = 'label-name';

/** Where a text comes from that was made. */
export interface Origin {
  /** `labelNameMethod`, or the method of augmentation. */
  method: string;
  /** What it was made of: the label, or the id of the text (`exampleId`). */
  parent: string;
}

/** A question about a text: its name, such as the column's, and how many labels may answer it. */
export interface TaskDefinition {
  name: string;
  kind: TaskKind;
}

/** A question and its possible answers. */
export interface Task extends TaskDefinition {
  /** Distinct. Sorted by code point when made by `createLabelSpace` (fine labels of a hierarchy: by parent, then code point). */
  labels: string[];
}
