import type { AugmentationSummary as Summary, AugmentationExample, Diversity } from '@taxon/augmentation';
import { AugmentationSummary, NoticeLevel } from '@taxon/contracts';

const toDiversity = ({ texts, ...shares }: Diversity) => ({ texts: BigInt(texts), ...shares });

const toExample = ({ parent, from, to, reason, similarity, answer }: AugmentationExample) => ({
  ...{ parent, from, to, reason: reason ?? '', similarity, answer },
});

export const toLevel = (level: 'info' | 'warning'): NoticeLevel =>
  level === 'info' ? NoticeLevel.NOTICE_LEVEL_INFO : NoticeLevel.NOTICE_LEVEL_WARNING;

export const toSummaryMessage = ({ methods, labels, diversity, notes, seconds, ...counts }: Summary) =>
  AugmentationSummary.fromPartial({
    rows: BigInt(counts.rows),
    parents: BigInt(counts.parents),
    wanted: BigInt(counts.wanted),
    kept: BigInt(counts.kept),
    methods: methods.map(({ name, kept, dropped, examples }) => ({
      name,
      kept: BigInt(kept),
      dropped: Object.fromEntries(Object.entries(dropped).map(([reason, count]) => [reason, BigInt(count)])),
      examples: [...examples.kept, ...examples.dropped].map(toExample),
    })),
    labels: labels.map(({ label, rows, made }) => ({ label, rows: BigInt(rows), made: BigInt(made) })),
    rowsDiversity: toDiversity(diversity.rows),
    madeDiversity: toDiversity(diversity.made),
    bothDiversity: toDiversity(diversity.both),
    seconds,
    notices: notes.map(({ level, message }) => ({ level: toLevel(level), message })),
  });
