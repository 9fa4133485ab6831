import type { Candidate, Verdict, Wish } from './candidate.ts';
import { drawWeighted } from './draw.ts';
import type { OpenMethod } from './open-methods.ts';
import type { QualityGate } from './quality-gate.ts';
import { seededRandom } from './seeded.ts';

export interface MakeOptions {
  seed: number;
  methods: readonly OpenMethod[];
  gate: QualityGate;
  /** Tries of a wish. */
  attempts: number;
  signal?: AbortSignal;
  onVerdict: (candidate: Candidate, verdict: Verdict) => void;
}

/** The method of a wish's next try, drawn anew each time: where one can do nothing, another may. */
const chooseMethod = ({ row, copy, tries }: Wish, { seed, methods }: MakeOptions): number => {
  if (methods.length === 1) return 0;
  const random = seededRandom(seed, row.id, `method ${copy} ${tries}`);
  return drawWeighted(
    random,
    methods.map(({ weight }) => weight),
  );
};

/** One method's candidates for its wishes, so many a call as suit it. */
const makeCandidates = async (
  { name, method, batch }: OpenMethod,
  wishes: readonly Wish[],
  { seed, attempts, signal }: MakeOptions,
): Promise<Candidate[]> => {
  const candidates: Candidate[] = [];
  for (let start = 0; start < wishes.length; start += batch) {
    const own = wishes.slice(start, start + batch);
    const wanted = own.map(({ row, copy, tries }) => ({
      row,
      random: seededRandom(seed, row.id, `${name} ${copy} ${tries}`),
      attempt: copy * attempts + tries,
    }));
    const making = method.make(wanted, signal);
    const texts = Array.isArray(making) ? (making as readonly (string | undefined)[]) : await making;
    own.forEach((wish, i) => candidates.push({ wish, method: name, text: texts[i] }));
    signal?.throwIfAborted();
  }
  return candidates;
};

/** Tries to fulfil the wishes, in rounds: whatever the gate drops is tried again, by a method drawn anew. */
export const makeTexts = async (wishes: readonly Wish[], options: MakeOptions): Promise<void> => {
  const { methods, gate, attempts, signal, onVerdict } = options;
  let open = wishes;
  for (let round = 0; round < attempts && open.length > 0; round++) {
    const chosen = open.map((wish) => chooseMethod(wish, options));
    const candidates: Candidate[] = [];
    for (const [m, method] of methods.entries()) {
      const own = open.filter((_, i) => chosen[i] === m);
      if (own.length > 0) candidates.push(...(await makeCandidates(method, own, options)));
    }
    const verdicts = await gate.judge(candidates, signal);
    candidates.forEach((candidate, i) => {
      const { wish, method, text } = candidate;
      wish.tries++;
      if (verdicts[i]!.reason === undefined) wish.made = { method, text: text! };
      onVerdict(candidate, verdicts[i]!);
    });
    open = open.filter(({ made }) => made === undefined);
  }
};
