import { points } from './gate.ts';
import type { CompressionReport, FormMeasured } from './report.ts';

const row = ({ form, figures, bytes, latency, throughput }: FormMeasured): string =>
  `| ${[
    form,
    `${(100 * (figures.accuracy ?? 0)).toFixed(2)} %`,
    (bytes / 1e6).toFixed(1),
    latency.p50.toFixed(2),
    throughput.toFixed(0),
  ].join(' | ')} |`;

/** The model card's part about compression. */
export const compressionNotes = (report: CompressionReport): string => {
  const { options, texts, before, after, loss, agreement, keptFloat } = report;
  const how = {
    int8: 'Weights in 8 bits with a scale for each output, activations in 8 bits with a scale for each token.',
    'int8-static': `Weights in 8 bits with a scale for each output, activations in 8 bits over ranges fixed on ${texts.calibration} texts (${options.calibration.method}).`,
    float16: 'Weights are stored as float16 and computed with in fp32.',
  }[options.to];
  return [
    '## Compressed',
    how,
    ['| form | accuracy | MB | ms a text | texts/s |', '|---|---|---|---|---|', row(before), row(after)].join('\n'),
    `On ${texts.validation} validation texts it loses ${points(loss)} of accuracy; ${(100 * agreement).toFixed(2)} % of them are answered the same. ` +
      'Times are of the machine that compressed it.' +
      (keptFloat.length > 0 ? ` Float stayed ${keptFloat.join(', ')}.` : ''),
  ].join('\n\n');
};
