import type { IdBuffer } from './id-buffer.ts';
import { PieceTrie } from './piece-trie.ts';

export interface UnigramModel {
  /** Pieces with their log probabilities; the index is the id. */
  vocabulary: readonly (readonly [piece: string, score: number])[];
  unknownId: number;
}

/** How much less likely than the unlikeliest piece a character is that no piece covers (SentencePiece's constant). */
const unknownPenalty = 10;

/** Cuts words into the likeliest sequence of pieces, by dynamic programming over character positions. */
export class Unigram {
  private readonly trie: PieceTrie;
  private readonly root: number;
  private readonly scores: Float64Array;
  private readonly unknownId: number;
  private readonly unknownScore: number;
  // The best way to each position: its score, the id of its last piece and where that piece begins (-1: none yet).
  private bestScores = new Float64Array(256);
  private bestIds = new Int32Array(256);
  private bestStarts = new Int32Array(256);

  constructor({ vocabulary, unknownId }: UnigramModel) {
    this.unknownId = unknownId;
    this.scores = new Float64Array(vocabulary.length);
    this.trie = new PieceTrie(3 * vocabulary.length);
    this.root = this.trie.addRoot();
    let lowest = Infinity;
    vocabulary.forEach(([piece, score], id) => {
      this.scores[id] = score;
      lowest = Math.min(lowest, score);
      if (piece !== '') this.trie.add(this.root, piece, id);
    });
    this.unknownScore = lowest - unknownPenalty;
  }

  /** Appends the ids of `units[from, to)`; neighbouring unknown characters become one unknown token. */
  encode(units: Uint16Array, from: number, to: number, out: IdBuffer): void {
    const length = to - from;
    this.reserve(length + 1);
    this.walk(units, from, length);
    const first = out.length;
    for (let end = length, previous = -1; end > 0;) {
      const id = this.bestIds[end]!;
      if (id !== this.unknownId || previous !== id) out.push(id);
      previous = id;
      end = this.bestStarts[end]!;
    }
    out.ids.subarray(first, out.length).reverse();
  }

  private walk(units: Uint16Array, from: number, length: number): void {
    const { trie, scores, bestScores, bestIds, bestStarts } = this;
    const values = trie.values;
    bestStarts.fill(-1, 0, length + 1);
    bestScores[0] = 0;
    let width = 1;
    for (let start = 0; start < length; start += width) {
      const scoreHere = bestScores[start]!;
      width = (units[from + start]! & 0xfc00) === 0xd800 ? 2 : 1;
      let whole = false; // whether some piece is just this character
      let node = this.root;
      for (let end = start + 1; end <= length; end++) {
        node = trie.child(node, units[from + end - 1]!);
        if (node === -1) break;
        const id = values[node]!;
        if (id === -1) continue;
        const score = scores[id]! + scoreHere;
        if (bestStarts[end] === -1 || score > bestScores[end]!) {
          bestScores[end] = score;
          bestStarts[end] = start;
          bestIds[end] = id;
        }
        if (end === start + width) whole = true;
      }
      if (whole) continue;
      const end = start + width;
      const score = this.unknownScore + scoreHere;
      if (bestStarts[end] === -1 || score > bestScores[end]!) {
        bestScores[end] = score;
        bestStarts[end] = start;
        bestIds[end] = this.unknownId;
      }
    }
  }

  private reserve(positions: number): void {
    if (positions <= this.bestIds.length) return;
    const size = 2 ** Math.ceil(Math.log2(positions));
    this.bestScores = new Float64Array(size);
    this.bestIds = new Int32Array(size);
    this.bestStarts = new Int32Array(size);
  }
}
