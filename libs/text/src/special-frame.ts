import { invalidInput } from '@taxon/errors';
import { isRecord, type TokenizerJson } from './tokenizer-json.ts';

/** The special tokens that stand around every text: `[CLS] … [SEP]`. */
export interface SpecialFrame {
  before: number[];
  after: number[];
}

/**
 * Reads the post-processor of tokenizer.json.
 * @returns undefined for a kind that does more than put special tokens around one text
 */
export const specialFrame = ({ post_processor: node }: TokenizerJson): SpecialFrame | undefined => {
  if (!node) return { before: [], after: [] };
  if (node.type === 'BertProcessing' || node.type === 'RobertaProcessing') {
    const [cls, sep] = [node['cls'], node['sep']];
    if (Array.isArray(cls) && Array.isArray(sep)) return { before: [Number(cls[1])], after: [Number(sep[1])] };
  }
  if (node.type !== 'TemplateProcessing' || !Array.isArray(node['single']) || !isRecord(node['special_tokens']))
    return undefined;
  const frame: SpecialFrame = { before: [], after: [] };
  let ids = frame.before;
  let sequences = 0;
  for (const piece of node['single'] as unknown[]) {
    if (!isRecord(piece)) return undefined;
    if (isRecord(piece['Sequence'])) {
      sequences++;
      ids = frame.after;
    } else if (isRecord(piece['SpecialToken'])) {
      ids.push(...templateIds(String(piece['SpecialToken']['id']), node['special_tokens']));
    }
  }
  return sequences === 1 ? frame : undefined;
};

/** A stretch of a pair's template: special tokens, or one of the two texts; all of one type. */
export type PairPiece = { type: number } & ({ ids: number[] } | { sequence: 0 | 1 });

const special = (type: number, ids: number[]): PairPiece => ({ type, ids });
const sequence = (type: number, index: 0 | 1): PairPiece => ({ type, sequence: index });

/**
 * What the post-processor of tokenizer.json makes of two texts: `[CLS] a [SEP] b [SEP]`, the second part of type 1.
 * @returns undefined for a kind that is not known, or a template that lacks one of the texts
 */
export const pairTemplate = ({ post_processor: node }: TokenizerJson): PairPiece[] | undefined => {
  if (!node) return [sequence(0, 0), sequence(1, 1)];
  const [cls, sep] = [node['cls'], node['sep']].map((token) => (Array.isArray(token) ? [Number(token[1])] : undefined));
  if (node.type === 'BertProcessing' && cls && sep)
    return [special(0, cls), sequence(0, 0), special(0, sep), sequence(1, 1), special(1, sep)];
  // RoBERTa knows no types, and sets two separators between the texts.
  if (node.type === 'RobertaProcessing' && cls && sep)
    return [special(0, cls), sequence(0, 0), special(0, [...sep, ...sep]), sequence(0, 1), special(0, sep)];
  if (node.type !== 'TemplateProcessing' || !Array.isArray(node['pair']) || !isRecord(node['special_tokens']))
    return undefined;
  const pieces = (node['pair'] as unknown[]).map((piece) => pairPiece(piece, node['special_tokens'] as SpecialTokens));
  const texts = pieces.flatMap((piece) => (piece && 'sequence' in piece ? [piece.sequence] : []));
  return texts.toSorted().join() === '0,1' ? pieces.filter((piece) => piece !== undefined) : undefined;
};

type SpecialTokens = Record<string, unknown>;

const pairPiece = (piece: unknown, tokens: SpecialTokens): PairPiece | undefined => {
  if (!isRecord(piece)) return undefined;
  const { Sequence: text, SpecialToken: token } = piece;
  if (isRecord(text)) return sequence(Number(text['type_id']), text['id'] === 'B' ? 1 : 0);
  return isRecord(token) ? special(Number(token['type_id']), templateIds(String(token['id']), tokens)) : undefined;
};

const templateIds = (name: string, tokens: SpecialTokens): number[] => {
  const token = tokens[name];
  if (!isRecord(token) || !Array.isArray(token['ids']))
    throw invalidInput(
      `tokenizer.json: the post-processor's template names "${name}", which its "special_tokens" lack`,
    );
  return token['ids'].map(Number);
};
