import type { Comparison, Decision, GetStatusResponse, MonitorRequest } from '@taxon/contracts';
import { wordOf } from '../monitor/message-json.ts';
import { countOf, formatCount, formatPercent } from './format.ts';
import { formatTime } from './models.ts';
import { formatTable } from './table.ts';

const figure = (value: number): string => String(Number(value.toPrecision(3)));

const formatServing = ({ servingVersion, shadowVersion }: GetStatusResponse): string =>
  `${servingVersion === 0 ? 'nothing' : `version ${servingVersion}`}${shadowVersion === 0 ? '' : `, ${shadowVersion} in the shadow`}`;

const formatJudged = ({ judged, judgedRight }: GetStatusResponse): string =>
  judged === 0 ? 'none yet' : `${formatPercent(judgedRight / judged)} right of ${countOf(judged, 'judged answer')}`;

const formatDrift = ({ drift }: GetStatusResponse): string => {
  if (drift === undefined) return 'not measured yet';
  const { n, figures, limits, beyond } = drift;
  const told = Object.entries(figures).map(([name, value]) => {
    const limit = limits[name];
    const over = beyond.includes(name) ? 'BEYOND ' : '';
    return limit === undefined
      ? `${name} ${figure(value)}`
      : `${name} ${figure(value)} (${over}limit ${figure(limit)})`;
  });
  return `over ${countOf(n, 'answer')}: ${told.join(', ')}`;
};

const formatRequest = (request: MonitorRequest | undefined): string => {
  if (request === undefined) return 'none yet';
  const { time, state, reason, version, problem } = request;
  const led = version === 0 ? '' : `, version ${version}`;
  return `${time === undefined ? '' : `${formatTime(time)}  `}${wordOf(state)}${led}: ${problem || (reason?.text ?? '')}`;
};

const formatComparisons = (comparisons: readonly Comparison[]): string[] =>
  formatTable(
    [
      { title: 'compared on' },
      { title: 'texts', align: 'right' },
      { title: 'serving', align: 'right' },
      { title: 'candidate', align: 'right' },
      { title: 'p (worse)', align: 'right' },
      { title: 'falls most' },
    ],
    comparisons.map((each) => [
      each.texts,
      formatCount(each.n),
      formatPercent(each.servingAccuracy),
      formatPercent(each.candidateAccuracy),
      each.pWorse.toFixed(3),
      each.worstLabel === '' ? '' : `${each.worstLabel} by ${formatPercent(each.worstLabelFall)}`,
    ]),
  );

const headline = ({ verdict, version, reason }: Decision): string =>
  `version ${version} ${wordOf(verdict)}: ${reason.replaceAll(/\s+/gu, ' ')}`;

const evidence = ({ comparisons }: Decision): string[] =>
  comparisons.length === 0 ? [] : ['', ...formatComparisons(comparisons)];

/** What became of a candidate, and why. */
export const formatDecision = (model: string, decision: Decision): string[] => [
  `${model}  ${headline(decision)}`,
  ...evidence(decision),
];

/** What the monitor knows of a model. */
export const formatStatus = (status: GetStatusResponse): string[] => {
  const { model, newRows, heldOutRows, lastRequest, lastDecision } = status;
  const decided = lastDecision?.time === undefined ? '' : `${formatTime(lastDecision.time)}  `;
  const facts = [
    ['serves', formatServing(status)],
    ['new rows', `${formatCount(newRows)} to learn, ${formatCount(heldOutRows)} kept for comparisons`],
    ['feedback', formatJudged(status)],
    ['drift', formatDrift(status)],
    ['training', formatRequest(lastRequest)],
    ['decision', lastDecision === undefined ? 'none yet' : `${decided}${headline(lastDecision)}`],
  ] as const;
  return [
    model,
    ...facts.map(([name, value]) => `${name.padEnd(8)}  ${value}`),
    ...(lastDecision === undefined ? [] : evidence(lastDecision)),
  ];
};
