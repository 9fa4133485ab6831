import type { Candidate, Turn, Verdict, Wish } from './candidate.ts';
import type { Row } from './row.ts';

/** What became of a try, in the order in which it counts. */
export interface Outcome {
  candidate: Candidate;
  verdict: Verdict;
}

export interface Settled {
  /** Of the wishes that are over. */
  outcomes: Outcome[];
  /** Wishes that need one more try. What stands in `outcomes` may still change while there are any. */
  open: Wish[];
}

export interface SettleOptions {
  attempts: number;
  /** Whether a row's labels may have one more text, when so many have been made of each here. */
  hasRoom: (row: Row, madeHere: ReadonlyMap<string, number>) => boolean;
  /** Labels whose texts are limited. */
  labelsOf: (row: Row) => readonly string[];
}

/**
 * Goes through rows and what was tried for them as if one wish had been granted after the other: a wish gets the first of its candidates that
 * nothing before it repeats. So rows may be looked at in whatever batches suit methods and models, and the texts are the same.
 */
export const settleWishes = (turns: readonly Turn[], { attempts, hasRoom, labelsOf }: SettleOptions): Settled => {
  const settled: Settled = { outcomes: [], open: [] };
  const met = new Set<string>();
  const made = new Map<string, number>();
  /** Adds what became of the wish's tries. @returns whether one was kept */
  const grant = ({ tries }: Wish): boolean => {
    for (const candidate of tries) {
      const { form } = candidate;
      let { verdict } = candidate;
      if (verdict.reason !== 'none' && met.has(form)) verdict = { reason: 'repeat' };
      settled.outcomes.push({ candidate, verdict });
      if (verdict.reason !== undefined) continue;
      met.add(form);
      return true;
    }
    return false;
  };
  for (const { row, form, wishes } of turns) {
    if (form !== undefined) met.add(form);
    for (const wish of wishes) {
      if (!hasRoom(row, made)) break;
      const isKept = grant(wish);
      const isOpen = !isKept && wish.tries.length < attempts;
      if (isOpen) settled.open.push(wish);
      // What is open is taken for granted: else too much would be tried for labels that have room for little.
      if (isKept || isOpen) for (const label of labelsOf(row)) made.set(label, (made.get(label) ?? 0) + 1);
    }
  }
  return settled;
};
