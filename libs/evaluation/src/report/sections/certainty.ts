import type { CalibrationFigures } from '../../calibration/calibration.ts';
import { count, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { chart, note, section, table, tile, type Place, type Section } from '../layout.ts';
import type { TaskReport } from '../task-report.ts';

export interface CertaintyCharts {
  reliability?: string;
  riskCoverage?: string;
  roc?: string;
}

const calibrationRow = (name: string, { n, ece, eceEqualMass, maximumError, brier, loss }: CalibrationFigures) => [
  name,
  percent(ece, 2),
  percent(eceEqualMass, 2),
  percent(maximumError, 1),
  brier.toFixed(4),
  loss.toFixed(4),
  count(n),
];

/** How far the model's probabilities can be believed, before and after the temperature. */
export const calibrationSection = (
  { calibration }: TaskReport,
  { prefix }: Place,
  charts: CertaintyCharts,
): Section[] => {
  if (calibration === undefined) return [];
  const { temperature, before, after, fittedOn } = calibration;
  const columns = [
    { title: '' },
    {
      title: 'ECE',
      number: true,
      what: 'expected calibration error: mean gap between surety and share of right answers',
    },
    { title: 'ECE, equal mass', number: true, what: 'with bins of equal numbers of decisions' },
    { title: 'largest gap', number: true },
    { title: 'Brier', number: true, what: 'mean squared error of the probabilities' },
    { title: 'log loss', number: true },
    { title: 'decisions', number: true },
  ];
  const manner =
    temperature > 1.02
      ? 'was too sure of its answers'
      : temperature < 0.98
        ? 'was not sure enough'
        : 'was as sure as it should be';
  const content = html`<div class="beside">
    ${charts.reliability !== undefined && chart(charts.reliability, `${prefix}reliability`)}
    <div class="grow">
      <p>
        The model ${manner}: dividing its logits by the temperature <b>${temperature.toFixed(3)}</b>${
          fittedOn === undefined ? '' : `, fitted on the ${fittedOn} part,`
        }
        takes the expected calibration error from ${percent(before.ece, 2)} to <b>${percent(after.ece, 2)}</b>.
      </p>
      ${table(columns, [calibrationRow('before', before), calibrationRow('after', after)], { label: 'calibration', sort: false })}
      ${note('A point on the dashed line: as often right as sure. Below it the model is too sure. Larger points hold more decisions.')}
    </div>
  </div>`;
  return section(`${prefix}calibration`, 'Calibration', content);
};

/** What leaving the least sure texts unanswered brings. */
export const abstentionSection = (
  { abstention }: TaskReport,
  { prefix }: Place,
  charts: CertaintyCharts,
): Section[] => {
  if (abstention === undefined) return [];
  const { riskCoverage, outOfScope, chosen, confidence } = abstention;
  const tiles: Html[] = [];
  if (chosen !== undefined)
    tiles.push(
      tile('threshold', chosen.threshold.toFixed(3), confidence === undefined ? 'of the surety' : `of ${confidence}`),
      tile('in-scope texts answered', percent(chosen.inScopeCoverage), ''),
      tile('out-of-scope found', percent(chosen.outOfScopeRecall), `precision ${percent(chosen.outOfScopePrecision)}`),
      tile('out-of-scope F1', percent(chosen.outOfScopeF1), `in-scope F1 ${percent(chosen.inScopeF1)}`),
    );
  if (chosen !== undefined && chosen.accuracy !== null)
    tiles.push(tile('right answers', percent(chosen.accuracy), 'abstaining where out of scope counts as right'));
  if (outOfScope !== undefined)
    tiles.push(
      tile(
        'AUROC',
        percent(outOfScope.auroc),
        `${count(outOfScope.inScope)} texts in scope, ${count(outOfScope.outOfScope)} out of it`,
      ),
      tile('answered out of scope', percent(outOfScope.fpr95), 'where 95 % in scope are answered'),
    );
  const content = html`${tiles.length > 0 && html`<div class="tiles">${tiles}</div>`}
    <div class="beside">
      ${
        charts.riskCoverage !== undefined &&
        html`<div>
          <h3>Fewer answers, fewer mistakes</h3>
          ${chart(charts.riskCoverage, `${prefix}risk`)}
          ${riskCoverage !== undefined && note(`Area under the curve ${percent(riskCoverage.aurc, 2)}: mean share of wrong answers over all coverages.`)}
        </div>`
      }
      ${
        charts.roc !== undefined &&
        html`<div>
          <h3>In scope or out of it</h3>
          ${chart(charts.roc, `${prefix}roc`)}
        </div>`
      }
    </div>`;
  return section(`${prefix}abstention`, 'Abstaining', content);
};
