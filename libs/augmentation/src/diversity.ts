import { cutPieces } from './pieces.ts';
import { hashTwice } from './seen-texts.ts';
import type { Diversity } from './summary.ts';

const indexBits = 14;
const registers = 2 ** indexBits;

/** How many different hashes were added, in 16 KiB: HyperLogLog (Flajolet et al. 2007), with linear counting while few are. Error 0.8 %. */
class DistinctCount {
  readonly #ranks = new Uint8Array(registers);

  add([a, b]: readonly [number, number]): void {
    const index = a >>> (32 - indexBits);
    const rank = Math.clz32(b) + 1;
    if (rank > this.#ranks[index]!) this.#ranks[index] = rank;
  }

  merge(other: DistinctCount): void {
    other.#ranks.forEach((rank, i) => (this.#ranks[i] = Math.max(rank, this.#ranks[i]!)));
  }

  get count(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.#ranks) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const estimate = ((0.7213 / (1 + 1.079 / registers)) * registers ** 2) / sum; // the paper's correction of the bias
    return estimate <= 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : estimate;
  }
}

/** distinct-1 and distinct-2 of texts as they pass. Words count without case. */
export class DiversityCount {
  #texts = 0;
  readonly #all = [0, 0];
  readonly #distinct = [new DistinctCount(), new DistinctCount()];

  add(text: string): void {
    this.#texts++;
    const { words } = cutPieces(text.toLowerCase());
    let before: string | undefined;
    for (const word of words) {
      this.#distinct[0]!.add(hashTwice(word));
      this.#all[0]!++;
      if (before !== undefined) {
        this.#distinct[1]!.add(hashTwice(`${before} ${word}`));
        this.#all[1]!++;
      }
      before = word;
    }
  }

  merged(other: DiversityCount): DiversityCount {
    const both = new DiversityCount();
    for (const one of [this, other]) {
      both.#texts += one.#texts;
      one.#all.forEach((n, i) => (both.#all[i]! += n));
      one.#distinct.forEach((count, i) => both.#distinct[i]!.merge(count));
    }
    return both;
  }

  get figures(): Diversity {
    const [distinct1, distinct2] = this.#distinct.map(({ count }, i) =>
      this.#all[i] === 0 ? 0 : Math.min(1, count / this.#all[i]!),
    ) as [number, number];
    return { texts: this.#texts, distinct1, distinct2 };
  }
}
