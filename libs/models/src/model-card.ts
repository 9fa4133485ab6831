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
  /** `test`, `validation`, or a file's name. */
  split: string;
  examples: number;
  accuracy: number;
  macroF1: number;
  weightedF1: number;
}

export interface CardFacts {
  labels: readonly string[];
  maxLength: number;
  /** The module chain in words, e.g. `mean pooling, L2 normalisation, linear layer`. */
  head: string;
  sentenceTransformers: boolean;
}

/** Labels listed in full; beyond it `config.json` is the place to look. */
const listedLabels = 200;

const indexed = (result: CardResult): object => ({
  task: { type: 'text-classification' },
  dataset: { name: result.split, type: result.split },
  metrics: (['accuracy', 'macroF1', 'weightedF1'] as const).map((type) => ({ type, value: result[type] })),
});

/** The YAML head that the Hugging Face hub reads. Values are JSON, which is YAML. */
const frontMatter = (card: ModelCard, { sentenceTransformers }: CardFacts): string => {
  const fields: Record<string, unknown> = {
    license: card.license,
    language: card.languages,
    base_model: card.baseModel,
    library_name: sentenceTransformers ? 'sentence-transformers' : 'transformers',
    pipeline_tag: 'text-classification',
    tags: ['text-classification', 'onnx', 'transformers.js', 'taxon'],
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
  const rows = results.map(
    ({ split, examples, accuracy, macroF1, weightedF1 }) =>
      `| ${split.replaceAll('|', '\\|')} | ${examples} | ${[accuracy, macroF1, weightedF1].map(percent).join(' | ')} |`,
  );
  return ['| part | texts | accuracy | macro F1 | weighted F1 |', '|---|---|---|---|---|', ...rows].join('\n');
};

const code = (text: string): string => `\`${text.replaceAll('`', 'ˋ')}\``;

const labelList = (labels: readonly string[]): string => {
  const more = labels.length > listedLabels ? ` and ${labels.length - listedLabels} more (see config.json)` : '';
  return `${labels.length} classes: ${labels.slice(0, listedLabels).map(code).join(', ')}${more}.`;
};

const usage = (sentenceTransformers: boolean): string =>
  sentenceTransformers
    ? `SentenceTransformer(folder).encode(texts)  # logits, one row a text`
    : `AutoModelForSequenceClassification.from_pretrained(folder)`;

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
    labelList(facts.labels),
    '## Use',
    [
      '```sh',
      'taxon predict MODEL "a text"',
      '```',
      '```js',
      "const classify = await pipeline('text-classification', folder); // @huggingface/transformers, reads onnx/model.onnx",
      '```',
      '```py',
      usage(facts.sentenceTransformers),
      '```',
    ].join('\n'),
    ...(card.notes ?? []),
    '',
  ].join('\n\n');
