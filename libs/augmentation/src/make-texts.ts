import type { Candidate, Turn, Wish } from './candidate.ts';
import { drawWeighted } from './draw.ts';
import type { OpenMethod } from './open-methods.ts';
import { judgeCandidates, type Check } from './quality-gate.ts';
import { seededRandom } from './seeded.ts';
import type { SeenTexts } from './seen-texts.ts';
import { settleWishes, type Outcome, type SettleOptions } from './settle-wishes.ts';

export interface MakeOptions extends SettleOptions {
  seed: number;
  methods: readonly OpenMethod[];
  checks: readonly Check[];
  seen: SeenTexts;
  signal?: AbortSignal;
}

/** The method of a wish's next try, drawn anew each time: where one can do nothing, another may. */
const chooseMethod = ({ row, copy, tries }: Wish, { seed, methods }: MakeOptions): number => {
  if (methods.length === 1) return 0;
  const random = seededRandom(seed, row.id, `method ${copy} ${tries.length}`);
  return drawWeighted(
    random,
    methods.map(({ weight }) => weight),
  );
};

/** One method's candidates for its wishes, so many a call as suit it. */
const makeCandidates = async (
  { name, method, batch }: OpenMethod,
  wishes: readonly Wish[],
  { seed, attempts, seen, signal }: MakeOptions,
): Promise<Candidate[]> => {
  const candidates: Candidate[] = [];
  for (let start = 0; start < wishes.length; start += batch) {
    const own = wishes.slice(start, start + batch);
    const wanted = own.map(({ row, copy, tries }) => ({
      row,
      random: seededRandom(seed, row.id, `${name} ${copy} ${tries.length}`),
      attempt: copy * attempts + tries.length,
    }));
    const making = method.make(wanted, signal);
    const texts = Array.isArray(making) ? (making as readonly (string | undefined)[]) : await making;
    own.forEach((wish, i) => {
      const text = texts[i];
      candidates.push({ wish, method: name, text, form: text === undefined ? '' : seen.formOf(text), verdict: {} });
    });
    signal?.throwIfAborted();
  }
  return candidates;
};

/** One more try for each of the wishes. */
const tryOnce = async (wishes: readonly Wish[], options: MakeOptions): Promise<void> => {
  const chosen = wishes.map((wish) => chooseMethod(wish, options));
  const candidates: Candidate[] = [];
  for (const [m, method] of options.methods.entries()) {
    const own = wishes.filter((_, i) => chosen[i] === m);
    if (own.length > 0) candidates.push(...(await makeCandidates(method, own, options)));
  }
  await judgeCandidates(candidates, options);
  for (const candidate of candidates) candidate.wish.tries.push(candidate);
};

/** Tries to fulfil the wishes, in rounds. @returns what became of every try, in the order of the rows; kept texts count as seen then */
export const makeTexts = async (turns: readonly Turn[], options: MakeOptions): Promise<Outcome[]> => {
  for (;;) {
    const { outcomes, open } = settleWishes(turns, options);
    if (open.length > 0) {
      await tryOnce(open, options);
      continue;
    }
    for (const { form } of turns) if (form !== undefined) options.seen.add(form);
    for (const { candidate, verdict } of outcomes) if (verdict.reason === undefined) options.seen.add(candidate.form);
    return outcomes;
  }
};
