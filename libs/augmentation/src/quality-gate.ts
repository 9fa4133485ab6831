import type { Candidate, Verdict } from './candidate.ts';
import type { SeenTexts } from './seen-texts.ts';

/** A candidate that is a text. */
export type Made = Pick<Candidate, 'wish'> & { text: string };

/** One more check of candidates that passed those before; it may be slow, and gets many at a time. */
export type Check = (candidates: readonly Made[], signal?: AbortSignal) => Promise<readonly Verdict[]>;

/**
 * Gives candidates their verdicts, as far as these depend on nothing else that is on its way. Cheap checks first: what is dropped for one
 * reason is not looked at for another.
 */
export const judgeCandidates = async (
  candidates: readonly Candidate[],
  { seen, checks, signal }: { seen: SeenTexts; checks: readonly Check[]; signal?: AbortSignal },
): Promise<void> => {
  for (const candidate of candidates) {
    const { wish, text, form } = candidate;
    if (text === undefined || text.trim() === '') candidate.verdict = { reason: 'none' };
    else if (text === wish.row.text || seen.has(form)) candidate.verdict = { reason: 'repeat' };
  }
  for (const check of checks) {
    const open = candidates.filter(({ verdict }) => verdict.reason === undefined);
    if (open.length === 0) break;
    const answers = await check(open as (Candidate & Made)[], signal);
    open.forEach((candidate, i) => (candidate.verdict = { ...candidate.verdict, ...answers[i] }));
  }
};
