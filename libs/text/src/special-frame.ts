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
      const name = String(piece['SpecialToken']['id']);
      const token = node['special_tokens'][name];
      if (!isRecord(token) || !Array.isArray(token['ids']))
        throw invalidInput(
          `tokenizer.json: the post-processor's template names "${name}", which its "special_tokens" lack`,
        );
      ids.push(...token['ids'].map(Number));
    }
  }
  return sequences === 1 ? frame : undefined;
};
