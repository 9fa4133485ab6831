import type { AugmentationSummary, Row } from '@taxon/augmentation';
import {
  TaskKind,
  type AugmentRequest,
  type AugmentResponse,
  type Row as RowMessage,
  type StreamOptions,
} from '@taxon/contracts';
import type { TaskDefinition } from '@taxon/data';
import { invalidInput, TaxonError } from '@taxon/errors';
import { confineOptions, expectMethods, expectStreamed, type ReadFolders } from './check-options.ts';
import type { AugmentationEngine } from './engine.ts';
import { fromOptionsMessage } from './options-message.ts';
import { toSummaryMessage } from './summary-message.ts';

export interface StreamLimits {
  /** Texts a message. */
  maxTexts: number;
  /** UTF-16 units a text. */
  maxTextLength: number;
  /** Streams at once, each of which has a thread. */
  maxStreams: number;
  /** Milliseconds without a further text after which what came is augmented. */
  flushAfter: number;
}

export interface StreamMetrics {
  onRows(count: number): void;
  onNewRows(methods: readonly string[]): void;
  onDropped(summary: AugmentationSummary): void;
}

const fieldError = (field: string, description: string) =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const expectRow = (
  { text, pair, labels }: RowMessage,
  field: string,
  kind: TaskDefinition['kind'],
  { maxTextLength }: StreamLimits,
): void => {
  if (text.trim() === '') throw fieldError(`${field}.text`, 'blank');
  if (kind === 'single-label' && labels.length !== 1)
    throw fieldError(`${field}.labels`, `${labels.length} labels, where a row of this task_kind has one`);
  for (const [name, value] of Object.entries({ text, pair: pair ?? '' }))
    if (value.length > maxTextLength)
      throw fieldError(
        `${field}.${name}`,
        `${value.length} UTF-16 units are more than the limit ${maxTextLength} (maxTextLength)`,
      );
};

/** The rows of the messages behind the first one, checked and named. */
async function* rowBatches(
  messages: AsyncIterator<AugmentRequest>,
  kind: TaskDefinition['kind'],
  limits: StreamLimits,
  metrics: StreamMetrics,
): AsyncGenerator<Row[]> {
  let number = 0;
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { part } = next.value;
    if (part?.$case !== 'rows') throw fieldError(part?.$case ?? 'part', 'every message but the first holds rows');
    const { rows } = part.value;
    if (rows.length > limits.maxTexts)
      throw fieldError('rows', `${rows.length} texts are more than the limit ${limits.maxTexts} (maxTexts)`);
    const from = number;
    rows.forEach((row, i) => expectRow(row, `rows[${from + i}]`, kind, limits));
    number += rows.length;
    metrics.onRows(rows.length);
    yield rows.map(({ text, pair, labels, id }, i) => ({
      ...{ text, pair, labels: [labels], line: 0 },
      id: id || String(from + i + 1),
    }));
  }
}

const optionsOf = async (messages: AsyncIterator<AugmentRequest>): Promise<StreamOptions> => {
  const first = await messages.next();
  if (first.done === true || first.value.part?.$case !== 'options')
    throw fieldError('options', 'missing; the first message of a stream holds them');
  return first.value.part.value;
};

/** `Augment`: new rows at the pace of the slowest of reader, writer and thread. */
export const createAugment = (
  engine: AugmentationEngine,
  limits: StreamLimits,
  folders: ReadFolders,
  metrics: StreamMetrics,
) => {
  let open = 0;
  return async function* (
    requests: AsyncIterable<AugmentRequest>,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<AugmentResponse> {
    const messages = requests[Symbol.asyncIterator]();
    const { augmentation, taskKind } = await optionsOf(messages);
    const given = fromOptionsMessage(augmentation);
    expectMethods(given, engine.methods);
    engine.checkMethods(given);
    expectStreamed(given, engine.methods);
    const options = confineOptions(given, folders, engine.methods);
    if (open >= limits.maxStreams)
      throw new TaxonError({
        code: 'resource_exhausted',
        message: `${open} streams are open already, which is the limit (maxStreams)`,
      });
    const kind = taskKind === TaskKind.TASK_KIND_MULTI_LABEL ? 'multi-label' : 'single-label';
    const request = { options, tasks: [{ name: 'label', kind } as const], flushAfter: limits.flushAfter };
    open++;
    try {
      for await (const made of engine.stream(request, rowBatches(messages, kind, limits, metrics), { signal })) {
        if ('summary' in made) {
          metrics.onDropped(made.summary);
          yield { part: { $case: 'summary', value: toSummaryMessage(made.summary) } };
        } else if (made.rows.length > 0) {
          metrics.onNewRows(made.rows.map(({ origin }) => origin.method));
          const rows = made.rows.map(({ text, pair, labels, origin }) => ({
            ...{ text, pair, labels: [...(labels[0] ?? [])], method: origin.method, parent: origin.parent },
          }));
          yield { part: { $case: 'rows', value: { rows } } };
        }
      }
    } finally {
      open--;
    }
  };
};
