import type { Collected, HistoryEntry, Manifest, ModelState, ModelVersion } from '@taxon/registry';
import { countOf, formatBytes, formatPercent } from './format.ts';
import { formatTable } from './table.ts';

/** `2026-11-25 13:04`, in UTC: logs of several machines are read side by side. */
export const formatTime = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ');

const listOf = (words: readonly string[]): string => words.join(', ');

/** Models with what their aliases point at. */
export const formatModels = (states: readonly ModelState[]): string[] =>
  formatTable(
    [{ title: 'model' }, { title: 'versions', align: 'right' }, { title: 'newest' }, { title: 'aliases' }],
    states.map(({ model, versions, aliases }) => [
      model,
      String(versions.length),
      versions.length === 0 ? '' : `${versions.at(-1)!.version}, ${formatTime(versions.at(-1)!.createdAt)}`,
      listOf([...aliases].map(([alias, version]) => `${alias} ${version}`)),
    ]),
  );

/** The figure that people look at first, of the part that tells most. */
const formatScore = ({ scores }: Manifest): string => {
  const part = ['test', 'validation', ...Object.keys(scores)].find((name) => scores[name] !== undefined);
  const figures = part === undefined ? {} : scores[part]!;
  const figure = ['accuracy', 'microF1', ...Object.keys(figures)].find((name) => figures[name] !== undefined);
  return figure === undefined ? '' : `${formatPercent(figures[figure]!)} ${part} ${figure}`;
};

/** Versions of one model. */
export const formatVersions = (versions: readonly ModelVersion[], manifests: readonly Manifest[]): string[] =>
  formatTable(
    [
      ...[{ title: 'version', align: 'right' } as const, { title: 'registered' }, { title: 'made' }],
      ...[{ title: 'of' }, { title: 'score' }, { title: 'size', align: 'right' } as const, { title: 'aliases' }],
    ],
    versions.map(({ version, createdAt, bytes, aliases }, i) => {
      const { how, parent } = manifests[i]!.lineage;
      const made = [how, parent === undefined ? '' : String(parent), formatScore(manifests[i]!)];
      return [String(version), formatTime(createdAt), ...made, formatBytes(bytes), listOf(aliases)];
    }),
  );

const shortDigest = (digest: string): string => digest.slice(0, 12);

/** Those that a line has room for; `--json` tells all. */
const mainFigures = (figures: Readonly<Record<string, number>>): [string, number][] => {
  const main = ['accuracy', 'microF1', 'macroF1', 'mcc'];
  const known = main.flatMap((name): [string, number][] => (name in figures ? [[name, figures[name]!]] : []));
  return known.length > 0 ? known : Object.entries(figures).slice(0, main.length);
};

/** One version: lineage, scores, files. */
export const formatManifest = (version: ModelVersion, manifest: Manifest): string[] => {
  const { how, parent, data = {}, codeVersion, jobId, reason } = manifest.lineage;
  const digests = Object.entries(data).map(([name, value]) => `${name} ${[value].flat().map(shortDigest).join(', ')}`);
  const facts: [string, string | undefined][] = [
    ['registered', formatTime(version.createdAt)],
    ['aliases', listOf(version.aliases)],
    ['content', version.contentDigest],
    ['made', how],
    ['of', parent === undefined ? undefined : `version ${parent}`],
    ['by job', jobId],
    ['reason', reason],
    ['data', listOf(digests)],
    ['Taxon', codeVersion],
  ];
  const scores = Object.entries(manifest.scores).map(([part, figures]): [string, string] => [
    part,
    listOf(mainFigures(figures).map(([name, value]) => `${name} ${formatPercent(value)}`)),
  ]);
  const known = [...facts, ...scores].filter((fact): fact is [string, string] => !!fact[1]);
  const width = Math.max(...known.map(([name]) => name.length));
  return [
    `${version.model}@${version.version}`,
    ...known.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    ...formatTable(
      [{ title: 'file' }, { title: 'size', align: 'right' }, { title: 'SHA-256' }],
      manifest.files.map(({ path, bytes, digest }) => [path, formatBytes(bytes), shortDigest(digest)]),
    ),
  ];
};

const formatChange = ({ change }: HistoryEntry): string => {
  if (change.kind === 'alias') return `${change.alias}: ${change.from ?? 'nothing'} → ${change.to ?? 'nothing'}`;
  if (change.kind === 'note') return change.version === undefined ? 'note' : `note on ${change.version}`;
  return `${change.kind} ${change.version}`;
};

/** An audit log, oldest first. */
export const formatHistory = (entries: readonly HistoryEntry[]): string[] =>
  formatTable(
    [{ title: '#', align: 'right' }, { title: 'when (UTC)' }, { title: 'change' }, { title: 'by' }, { title: 'why' }],
    entries.map((entry) => [
      String(entry.revision),
      formatTime(entry.at),
      formatChange(entry),
      entry.by,
      entry.reason.replaceAll(/\s+/gu, ' '),
    ]),
  );

/** What a collection took, or would take. */
export const formatCollected = ({ versions, objects, bytes }: Collected, dryRun: boolean): string[] => [
  ...versions.map((each) => `${each.model}@${each.version}  ${formatBytes(each.bytes)}`),
  `${dryRun ? 'would remove' : 'removed'} ${countOf(versions.length, 'version')} and ${countOf(objects, 'stored file')}, ${formatBytes(bytes)}`,
];
