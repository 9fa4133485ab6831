import type { AugmentRequest, AugmentResponse, Row } from '@taxon/contracts';
import { invalidInput, TaxonError } from '@taxon/errors';
import type { AugmentationEngine, ParentRow } from './engine.ts';
import { confineModels, type AllowedFolders } from './file-request.ts';
import { toSummaryMessage } from './summary-message.ts';

export interface StreamLimits {
  /** Texts a message. */
  maxTexts: number;
  /** UTF-16 units a text. */
  maxTextLength: number;
  /** Streams at once, each of which has a thread. */
  maxStreams: number;
}

export interface StreamMetrics {
  onRows(count: number): void;
  onNewRows(methods: readonly string[]): void;
}

const fieldError = (field: string, description: string) =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const expectRow = ({ text, pair, labels }: Row, field: string, { maxTextLength }: StreamLimits): void => {
  if (text.trim() === '') throw fieldError(`${field}.text`, 'blank');
  if (labels.length === 0) throw fieldError(`${field}.labels`, 'empty; a text without labels has none to hand on');
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
  limits: StreamLimits,
  metrics: StreamMetrics,
): AsyncGenerator<ParentRow[]> {
  let number = 0;
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { part } = next.value;
    if (part?.$case !== 'rows') throw fieldError(part?.$case ?? 'part', 'every message but the first holds rows');
    const { rows } = part.value;
    if (rows.length > limits.maxTexts)
      throw fieldError('rows', `${rows.length} texts are more than the limit ${limits.maxTexts} (maxTexts)`);
    const from = number;
    rows.forEach((row, i) => expectRow(row, `rows[${from + i}]`, limits));
    number += rows.length;
    metrics.onRows(rows.length);
    yield rows.map(({ id, ...row }, i) => ({ ...row, id: id || String(from + i + 1) }));
  }
}

const optionsOf = async (messages: AsyncIterator<AugmentRequest>) => {
  const first = await messages.next();
  if (first.done === true || first.value.part?.$case !== 'options')
    throw fieldError('options', 'missing; the first message of a stream holds them');
  return first.value.part.value;
};

/** `Augment`: new rows at the pace of the slower of reader, writer and thread. */
export const createAugment = <Options>(
  engine: AugmentationEngine<Options>,
  folders: AllowedFolders,
  limits: StreamLimits,
  metrics: StreamMetrics,
) => {
  let open = 0;
  return async function* (
    requests: AsyncIterable<AugmentRequest>,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<AugmentResponse> {
    const messages = requests[Symbol.asyncIterator]();
    const options = confineModels(engine, await optionsOf(messages), folders);
    engine.expectStreamed(options);
    if (open >= limits.maxStreams)
      throw new TaxonError({
        code: 'resource_exhausted',
        message: `${open} streams are open already, which is the limit (maxStreams)`,
      });
    open++;
    try {
      for await (const made of engine.stream(options, rowBatches(messages, limits, metrics), { signal })) {
        if ('summary' in made) {
          yield { part: { $case: 'summary', value: toSummaryMessage(made.summary) } };
        } else if (made.rows.length > 0) {
          metrics.onNewRows(made.rows.map(({ method }) => method));
          yield { part: { $case: 'rows', value: { rows: made.rows } } };
        }
      }
    } finally {
      open--;
    }
  };
};
