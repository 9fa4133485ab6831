import { compareTraining, epochsLabel, peerLabel, type PeerSetting, type TaxonSetting } from './compare-training.ts';
import { formatTable, mebibytes, percent } from './table.ts';

const peerTitles = { trainer: 'Trainer', recipe: 'our recipe in PyTorch' };

const settingCells = (setting: TaxonSetting | PeerSetting): string[] => [
  String(setting.seeds),
  percent(setting.validationAccuracy),
  percent(setting.accuracy),
  percent(setting.macroF1),
  setting.seconds.toFixed(1),
  setting.wallSeconds.toFixed(1),
  setting.tokensPerSecond?.toFixed(0) ?? '–',
  mebibytes(setting.peakMemoryBytes),
];

const times = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const points = (share: number | null): string =>
  share === null ? '–' : `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(2)}`;

const comparisonRows = (taxon: readonly TaxonSetting[], peers: readonly PeerSetting[]): string[][] => {
  const compared = compareTraining(taxon, peers);
  return peers.flatMap((setting) => {
    const [title, label] = [peerTitles[setting.peer], peerLabel(setting, peers)];
    const { chosenOnValidation, chosenOnTest, memory } = compared[setting.peer]![label]!;
    return [
      { by: 'validation', standing: chosenOnValidation },
      { by: 'test', standing: chosenOnTest },
    ].map(({ by, standing: { epochs, speed, wallSpeed, accuracyGain } }) => [
      ...[`${title}, ${label}`, by, epochs === null ? 'none' : String(epochs)],
      ...[times(speed), times(wallSpeed), points(accuracyGain), times(memory)],
    ]);
  });
};

/** What each run cost and brought, and how many times faster Taxon is to the same accuracy, in Markdown. */
export const formatTraining = (taxon: readonly TaxonSetting[], peers: readonly PeerSetting[]): string => {
  const runs = formatTable(
    ['run', 'seeds', 'validation', 'test', 'macro F1', 'seconds', 'whole command', 'tokens/s', 'memory'],
    [
      ...taxon.map((setting) => [`Taxon, ${epochsLabel(setting.epochs)}`, ...settingCells(setting)]),
      ...peers.map((setting) => {
        const title = `${peerTitles[setting.peer]}, ${setting.precision}, ${epochsLabel(setting.epochs)}`;
        return [title, ...settingCells(setting)];
      }),
    ],
  );
  if (peers.length === 0) return runs;
  const header = ['against', 'reached on', 'epochs', 'times faster', 'whole command', 'test, points', 'memory'];
  return [runs, formatTable(header, comparisonRows(taxon, peers))].join('\n\n');
};
