import type { AugmentationExample, AugmentationSummary, DropReason } from '@taxon/augmentation';
import { countOf, formatPercent } from './format.ts';
import { oneLine } from './predictions.ts';
import { formatTable } from './table.ts';

/** A candidate, kept or dropped, and the method that made it. */
export type MadeCandidate = AugmentationExample & { method: string };

const reasons: Readonly<Record<DropReason, string>> = {
  none: 'nothing could be made',
  repeat: 'repeats a text',
  drift: 'drifted too far',
  label: 'its label changed',
};

const linesOf = ({ method, from, to, reason, similarity, answer, labels }: MadeCandidate): string[] => {
  const why =
    reason === undefined ? 'kept' : `dropped: ${reasons[reason]}${answer === undefined ? '' : ` to ${answer}`}`;
  const cosine = similarity === undefined ? '' : `, ${similarity.toFixed(2)} alike`;
  return [
    `${method} (${why}${cosine})  ${labels.flatMap((known) => known ?? []).join(', ')}`,
    `  from  ${oneLine(from, 200)}`,
    `  to    ${oneLine(to, 200)}`,
  ];
};

/** Candidates for a person to judge. */
export const formatCandidates = (candidates: readonly MadeCandidate[]): string[] =>
  candidates.length === 0
    ? ['no candidate: the policy wants no text, or the methods can make none']
    : candidates.flatMap(linesOf);

/** What was made and dropped, for a person. */
export const formatAugmentation = ({ methods, kept, wanted, diversity }: AugmentationSummary): string[] => [
  ...formatTable(
    [
      { title: 'method' },
      { title: 'kept', align: 'right' },
      ...Object.values(reasons).map((title) => ({ title, align: 'right' as const })),
    ],
    methods.map(({ name, kept: own, dropped }) => [
      name,
      String(own),
      ...(Object.keys(reasons) as DropReason[]).map((reason) => String(dropped[reason])),
    ]),
  ),
  '',
  `${countOf(kept, 'text')} made of ${countOf(wanted, 'text')} wanted; distinct-2 ${formatPercent(diversity.rows.distinct2)} before, ${formatPercent(diversity.both.distinct2)} with them`,
];
