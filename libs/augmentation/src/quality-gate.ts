import type { Candidate, Verdict } from './candidate.ts';
import type { SeenTexts } from './seen-texts.ts';

/** One more check of candidates that passed those before; it may be slow, and gets many at a time. */
export type Check = (candidates: readonly Required<Candidate>[], signal?: AbortSignal) => Promise<readonly Verdict[]>;

export interface QualityGate {
  /** Verdicts in the order of the candidates; what is kept counts as seen from then on. */
  judge(candidates: readonly Candidate[], signal?: AbortSignal): Promise<Verdict[]>;
}

type Made = Candidate & { text: string };

/** Cheap checks first: what is dropped for one reason is not looked at for another. */
export const createQualityGate = (seen: SeenTexts, checks: readonly Check[]): QualityGate => ({
  async judge(candidates, signal) {
    const verdicts = candidates.map(({ wish, text }): Verdict => {
      if (text === undefined || text.trim() === '') return { reason: 'none' };
      if (text === wish.row.text || seen.has(text)) return { reason: 'repeat' };
      return {};
    });
    for (const check of checks) {
      const places = [...verdicts.keys()].filter((i) => verdicts[i]!.reason === undefined);
      if (places.length === 0) break;
      const answers = await check(
        places.map((i) => candidates[i] as Made),
        signal,
      );
      places.forEach((i, k) => Object.assign(verdicts[i]!, answers[k]));
    }
    // Last, so that a text which another check drops does not stand in a later one's way; two of a batch may be the same.
    candidates.forEach(({ text }, i) => {
      if (verdicts[i]!.reason === undefined && seen.add(text!)) verdicts[i]!.reason = 'repeat';
    });
    return verdicts;
  },
});
