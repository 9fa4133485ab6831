import { compareSteps, type RatesByPrecision } from './compare-steps.ts';
import type { StepProfile } from './step-request.ts';
import { formatTable, mebibytes } from './table.ts';

/** Everything that was measured for one work. */
export interface StepReport {
  work: string;
  /** GFLOP/s */
  ceiling: number;
  taxon: RatesByPrecision;
  /** Empty where there is no peer. */
  peer: RatesByPrecision;
  profiles: Readonly<Record<string, StepProfile>>;
}

const digits = (value: number | null | undefined, count: number): string => value?.toFixed(count) ?? '–';
const share = (value: number): string => `${(value * 100).toFixed(0)} %`;

const stepRows = ({ work, ceiling, taxon, peer }: StepReport): string[][] => {
  const ratios = compareSteps(taxon, peer);
  const against = (precision: string, peerPrecision: string): string[] => {
    const ratio = ratios[precision]?.[peerPrecision];
    return [digits(ratio?.speed, 2), digits(ratio?.memory, 2)];
  };
  const row = (who: string, precision: string, rates: RatesByPrecision): string[] => {
    const { milliseconds, gigaflops, shareOfCeiling, peakMemoryBytes } = rates[precision]!;
    return [
      work,
      who,
      precision,
      digits(milliseconds, 0),
      digits(gigaflops, 0),
      share(shareOfCeiling),
      mebibytes(peakMemoryBytes),
    ];
  };
  return [
    [work, 'ceiling', 'fp32', '', digits(ceiling, 0), '100 %'],
    ...Object.keys(taxon).map((precision) => [
      ...row('Taxon', precision, taxon),
      ...['fp32', 'bf16'].flatMap((peerPrecision) => against(precision, peerPrecision)),
    ]),
    ...Object.keys(peer).map((precision) => row('PyTorch', precision, peer)),
  ];
};

const stepHeader = [
  ...['work', 'who', 'precision', 'ms (median)', 'GFLOP/s', 'of ceiling', 'peak'],
  ...['× PyTorch fp32', 'memory', '× PyTorch bf16', 'memory'],
];

const mostOperators = 14;

/** Milliseconds of a step in one column a work and precision: what stands around ONNX Runtime, then its operators. */
const operationTable = (reports: readonly StepReport[]): string => {
  const columns = reports.flatMap(({ work, profiles }) =>
    Object.entries(profiles).map(([precision, profile]) => ({ title: `${work} ${precision}`, profile })),
  );
  const sums = new Map<string, number>();
  for (const { profile } of columns)
    for (const [name, value] of Object.entries(profile.operators)) sums.set(name, (sums.get(name) ?? 0) + value);
  const names = [...sums].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const [shown, others] = [names.slice(0, mostOperators), names.slice(mostOperators)];
  const row = (title: string, value: (profile: StepProfile) => number | undefined): string[] => [
    title,
    ...columns.map(({ profile }) => digits(value(profile), 1)),
  ];
  return formatTable(
    ['ms by operation', ...columns.map(({ title }) => title)],
    [
      ...shown.map((name) => row(name, ({ operators }) => operators[name])),
      ...(others.length === 0
        ? []
        : [
            row(`${others.length} other operators`, ({ operators }) =>
              others.reduce((sum, name) => sum + (operators[name] ?? 0), 0),
            ),
          ]),
      row('native calls, in all', ({ step }) => step.native),
      row('norm, AdamW, int8 forms', ({ step }) => step.adamw),
      row('rest of the host', ({ step }) => step.host),
      row('step, profiled', ({ step }) => step.total),
    ],
  );
};

const loadTable = (reports: readonly StepReport[]): string =>
  formatTable(
    ['seconds to a ready session', 'precision', 'trace', 'encode', 'load', 'in all'],
    reports.flatMap(({ work, profiles }) =>
      Object.entries(profiles).map(
        ([
          precision,
          {
            load: { trace, encode, session },
          },
        ]) => [
          ...[work, precision],
          ...[trace, encode, session, trace + encode + session].map((seconds) => digits(seconds, 2)),
        ],
      ),
    ),
  );

/** Tables for a person, in Markdown. */
export const formatSteps = (reports: readonly StepReport[], peerSkipped?: string): string =>
  [
    formatTable(stepHeader, reports.flatMap(stepRows)),
    ...(peerSkipped === undefined ? [] : [`PyTorch: skipped: ${peerSkipped}`]),
    operationTable(reports),
    loadTable(reports),
  ].join('\n\n');
