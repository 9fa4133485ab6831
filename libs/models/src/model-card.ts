import type { LabelSpace } from '@taxon/data';

/** What a model card tells. Everything in it was measured or given, nothing is made up. */
export interface ModelCard {
  /** Title. */
  name: string;
  /** Hub id or name of the encoder that training started from. */
  baseModel?: string;
  /** SPDX id of the licence that the owner gives the model. */
  license?: string;
  /** ISO 639 codes. */
  languages?: string[];
  /** One row a measured part of the data. All scores are within 0..1. */
  results: CardResult[];
  /** Further paragraphs in Markdown. */
  notes?: string[];
}

export interface CardResult {
  /** `test`, `validation`, or a file's name; with the task where there are several. */
  split: string;
  examples: number;
  /** 0..1, by name as it is to be read, e.g. `accuracy`, `macro F1`; the same names in every row. */
  figures: Readonly<Record<string, number>>;
}

export interface CardFacts {
  space: LabelSpace;
  maxLength: number;
  /** The module chain in words, e.g. `mean pooling, L2 normalisation, linear layer`. */
  head: string;
  sentenceTransformers: boolean;
  /** Several models in one folder, which other tools do not load as one. */
  ensemble?: boolean;
}

/** Labels listed in full; beyond it `config.json` is the place to look. */
const listedLabels = 200;

const indexed = (result: CardResult): object => ({
  task: { type: 'text-classification' },
  dataset: { name: result.split, type: result.split },
  metrics: Object.entries(result.figures).map(([type, value]) => ({ type, value })),
});

/** The YAML head that the Hugging Face hub reads. Values are JSON, which is YAML. */
const frontMatter = (card: ModelCard, { sentenceTransformers, ensemble }: CardFacts): string => {
  const fields: Record<string, unknown> = {
    license: card.license,
    language: card.languages,
    base_model: card.baseModel,
    library_name: ensemble ? undefined : sentenceTransformers ? 'sentence-transformers' : 'transformers',
    pipeline_tag: 'text-classification',
    tags: ensemble ? ['text-classification', 'taxon'] : ['text-classification', 'onnx', 'transformers.js', 'taxon'],
    'model-index': card.results.length > 0 ? [{ name: card.name, results: card.results.map(indexed) }] : undefined,
  };
  const lines = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return ['---', ...lines, '---'].join('\n');
};

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const resultsTable = (results: readonly CardResult[]): string => {
  if (results.length === 0) return 'Not measured yet.';
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = results.map(({ split, examples, figures }) => {
    const values = names.map((name) => (figures[name] === undefined ? '' : percent(figures[name])));
    return `| ${[split.replaceAll('|', '\\|'), examples, ...values].join(' | ')} |`;
  });
  return [`| ${['part', 'texts', ...names].join(' | ')} |`, `|${'---|'.repeat(names.length + 2)}`, ...rows].join('\n');
};

const code = (text: string): string => `\`${text.replaceAll('`', 'ˋ')}\``;

const labelList = ({ tasks }: LabelSpace): string =>
  tasks
    .map(({ name, kind, labels }) => {
      const more = labels.length > listedLabels ? ` and ${labels.length - listedLabels} more (see config.json)` : '';
      const which = kind === 'multi-label' ? 'any number a text' : 'one a text';
      const title = tasks.length > 1 ? `**${name}**, ` : '';
      return `${title}${labels.length} labels, ${which}: ${labels.slice(0, listedLabels).map(code).join(', ')}${more}.`;
    })
    .join('\n\n');

const usage = (sentenceTransformers: boolean): string =>
  sentenceTransformers
    ? `SentenceTransformer(folder).encode(texts)  # logits, one row a text`
    : `AutoModelForSequenceClassification.from_pretrained(folder)`;

/** How others load the folder. */
const otherTools = ({ sentenceTransformers }: CardFacts): string =>
  [
    '```js',
    "const classify = await pipeline('text-classification', folder); // @huggingface/transformers, reads onnx/model.onnx",
    '```',
    '```py',
    usage(sentenceTransformers),
    '```',
  ].join('\n');

/** The `README.md` of a model folder. */
export const modelCard = (card: ModelCard, facts: CardFacts): string =>
  [
    frontMatter(card, facts),
    `# ${card.name}`,
    `A text classifier${card.baseModel ? `, fine-tuned from ${code(card.baseModel)}` : ''}. ` +
      `Texts are cut at ${facts.maxLength} tokens. Head: ${facts.head}.`,
    '## Measured',
    resultsTable(card.results),
    '## Labels',
    labelList(facts.space),
    '## Use',
    ['```sh', 'taxon predict MODEL "a text"', '```'].join('\n'),
    ...(facts.ensemble
      ? ['Each folder in `members/` is a model of its own, which other tools load.']
      : [otherTools(facts)]),
    ...(card.notes ?? []),
    '',
  ].join('\n\n');
