import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classificationMetrics, confusionMatrix, renderReport, type MistakeRow, type RunReport } from '../index.ts';
import { mostMistakes } from './sections/mistakes.ts';
import { sampleMultiLabelReport } from './sample-multi-label.ts';
import { partScores, sampleHierarchy, sampleReport } from './sample-report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

const render = async (report: RunReport, name: string) => {
  const run = join(folder, name);
  await renderReport(report, run);
  return { run, page: await readFile(join(run, 'report.html'), 'utf8') };
};
const hostile = `<script>alert("1")</script> </style> & 'x' {{y}}`;
const mistake = (text: string, expected: string, predicted: string): MistakeRow => ({
  ...{ index: 0, text, line: 1, source: text, pair: text, confidence: 0.9, scores: [] },
  ...{ expected: [expected], predicted: [predicted], missed: [expected], extra: [predicted] },
});
const csvLines = async (run: string, file: string) => (await readFile(join(run, file), 'utf8')).trimEnd().split('\n');

describe('renderReport', () => {
  it('writes every file whole, with numbers that machines can read', async () => {
    const report = sampleReport(15);
    const { run } = await render(report, 'files');
    expect((await readdir(run)).sort()).toEqual([
      'confusion-matrix.svg',
      'curves.svg',
      'metrics.json',
      'mistakes.csv',
      'per-class.csv',
      'report.html',
    ]);
    const metrics = JSON.parse(await readFile(join(run, 'metrics.json'), 'utf8')) as Record<string, unknown>;
    const { n, figures, intervals } = report.tasks[0]!.final.test!;
    expect(metrics).toMatchObject({
      tasks: [{ name: 'label', kind: 'single-label', final: { test: { n, figures, intervals } } }],
      recipe: report.recipe,
      data: report.data,
      history: report.history,
    });
    const perClass = await csvLines(run, 'per-class.csv');
    expect(perClass[0]).toBe('task,split,label,precision,recall,f1,support');
    expect(perClass).toHaveLength(1 + 2 * 15);
    expect(await csvLines(run, 'mistakes.csv')).toHaveLength(1 + report.tasks[0]!.mistakes.length);
    for (const chart of ['curves.svg', 'confusion-matrix.svg'])
      expect(await readFile(join(run, chart), 'utf8')).toMatch(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>$/s,
      );
  });

  it.each([
    ['2 classes', () => sampleReport(2)],
    ['150 classes', () => sampleReport(150, 4)],
    ['28 labels at once', () => sampleMultiLabelReport(28, 500)],
    ['a hierarchy with all that is optional', () => sampleHierarchy(40)],
  ])('makes one well-formed page that loads nothing from elsewhere: %s', async (name, make) => {
    const { page, run } = await render(make(), name);
    expect(page).not.toMatch(/https?:|<link|<iframe|<img|src=|@import|url\((?!#)/i);
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!);
    expect(scripts).toHaveLength(1);
    // The policy lets this very script run, and nothing else.
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    expect(page).toContain(
      `default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-${hash}&#39;`,
    );
    for (const tag of ['div', 'table', 'svg', 'details', 'tr', 'td', 'section', 'script'])
      expect(page.split(`<${tag}`).length, tag).toBe(page.split(`</${tag}>`).length);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const files = await readdir(run);
    for (const [, target] of page.matchAll(/href="([^"]*)"/g))
      expect([...ids.map((id) => `#${id}`), ...files, 'epochs/validation-1.json']).toContain(target);
    expect(page.replace(scripts[0]!, '')).not.toMatch(/NaN|undefined|\[object/);
  });

  it('stays below 3 MB for 600 classes and 10,000 texts, with every mistake in the file beside it', async () => {
    const report = sampleReport(600, 17);
    const texts = report.tasks[0]!.mistakes;
    // Six times as many mistakes as the sample makes, and long texts.
    const mistakes = Array.from({ length: 6 }, () =>
      texts.map((row) => ({ ...row, text: row.text.repeat(20) })),
    ).flat();
    const { page, run } = await render({ ...report, tasks: [{ ...report.tasks[0]!, mistakes }] }, 'large');
    expect(page.length).toBeLessThan(3_000_000);
    expect(page).toContain(`The ${mostMistakes} of ${mistakes.length.toLocaleString('en-US')} wrong answers`);
    expect(page).toContain('Shown are the 30 labels that are mixed up most, of 600.');
    expect(await csvLines(run, 'mistakes.csv')).toHaveLength(1 + mistakes.length);
  });

  it('tells what is taken for what, with texts, for one label a text and for several', async () => {
    const [a, b] = [Int32Array.of(0, 0, 0, 1), Int32Array.of(0, 1, 1, 1)];
    const labels = ['refund', 'delay'];
    const single = sampleReport(2);
    const one = (await render({
      ...single,
      tasks: [
        {
          name: 'label',
          kind: 'single-label',
          final: { test: partScores(classificationMetrics(a, b, labels)) },
          confusion: confusionMatrix(a, b, labels),
          mistakes: ['money back', 'my coins'].map((text) => mistake(text, 'refund', 'delay')),
        },
      ],
    }, 'single')).page; // prettier-ignore
    expect(one).toContain('title="refund taken for delay: 2 of 3 (67 %)"');
    expect(one).toContain('["money back","my coins"]');
    const row = { index: 0, text: 'sunny', expected: ['joy'], predicted: ['fear'], scores: [], confidence: 0.7 };
    const several = sampleMultiLabelReport(3, 200);
    const mistakes = [
      { ...row, missed: ['joy'], extra: ['fear'] },
      { ...row, missed: ['joy'], extra: [] },
    ];
    const many = (await render({ ...several, tasks: [{ ...several.tasks[0]!, mistakes }] }, 'several')).page;
    expect(many).toMatch(/title="joy missed and fear given: 1 of \d+/);
    expect(many).toMatch(/title="joy missed, nothing given instead: 1 of \d+/);
  });

  it('shows intervals beside headline figures: the bootstrap’s, or Wilson’s without one', async () => {
    const report = sampleReport(5);
    const task = report.tasks[0]!;
    const { lower, upper } = task.final.test!.intervals!.figures['macroF1']!;
    const range = (low: number, high: number) => `${(100 * low).toFixed(1)} % … ${(100 * high).toFixed(1)} %`;
    expect((await render(report, 'bootstrap')).page).toContain(range(lower, upper));
    const final = { test: { n: 100, figures: { accuracy: 0.9 }, perLabel: [] } };
    const { page } = await render({ ...report, tasks: [{ ...task, final }] }, 'wilson');
    expect(page).toContain('82.6 % … 94.5 %');
  });

  it('escapes whatever comes from data', async () => {
    const labels = [hostile, 'plain'];
    const [expected, predicted] = [Int32Array.of(0, 1, -1), Int32Array.of(1, 1, 0)];
    const unseen = ['unseen\u0000 <b>'];
    const mistakes = [mistake(hostile, hostile, 'plain')];
    const report: RunReport = {
      ...sampleReport(2),
      title: hostile,
      encoder: hostile,
      recipe: { [hostile]: { inner: hostile } },
      data: {
        classes: [{ label: hostile, count: 1 }],
        sizes: { train: 1, validation: 0, test: 3 },
        files: [hostile],
        notes: [{ level: 'warning', message: hostile }],
      },
      notices: [{ level: 'info', message: hostile }],
      tasks: [hostile, 'other'].map((name) => ({
        name,
        kind: 'single-label',
        final: { test: partScores(classificationMetrics(expected, predicted, labels, unseen)) },
        confusion: confusionMatrix(expected, predicted, labels, unseen),
        mistakes,
        slices: [{ by: hostile, slices: [{ name: hostile, n: 1, metrics: { [hostile]: 1 } }] }],
      })),
      labelGroups: [{ name: hostile, labels: [hostile] }],
      timings: { [hostile]: 1 },
      search: {
        figure: hostile,
        trials: [{ number: 1, options: { [hostile]: hostile }, state: 'failed', value: null }],
      },
      files: [{ path: 'a"><script>alert(1)</script>', what: hostile }],
    };
    const { page, run } = await render(report, 'hostile');
    expect(page).not.toMatch(/<script>alert|<b>[^<]*<\/td>|\0/i);
    expect(page.split('</style>')).toHaveLength(2);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &lt;/style&gt; &amp; &#39;x&#39;');
    expect(await readFile(join(run, 'confusion-matrix.svg'), 'utf8')).not.toMatch(/<script/i);
    expect(await readFile(join(run, 'per-class.csv'), 'utf8')).toContain(`"<script>alert(""1"")</script>`);
  });

  it('leaves out what there is no data for', async () => {
    const bare = { ...sampleReport(3), history: [], evaluations: [], timings: {} };
    const none = await render({ ...bare, tasks: [] }, 'none');
    expect((await readdir(none.run)).sort()).toEqual(['metrics.json', 'per-class.csv', 'report.html']);
    for (const kind of ['single-label', 'multi-label'] as const) {
      const { page, run } = await render(
        { ...bare, tasks: [{ name: 'x', kind, final: {}, mistakes: [] }] },
        `bare ${kind}`,
      );
      expect((await readdir(run)).sort()).toEqual(['metrics.json', 'per-class.csv', 'report.html']);
      expect([...page.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id)).toEqual(['data', 'run']);
      expect(page).toContain('peak memory');
    }
  });

  it('draws a run whose every answer is right', async () => {
    const labels = Array.from({ length: 50 }, (_, i) => `l${i}`);
    const all = Int32Array.from(labels, (_, i) => i);
    const sample = sampleReport(3);
    const { page } = await render(
      {
        ...sample,
        tasks: [
          {
            name: 'label',
            kind: 'single-label',
            final: { test: partScores(classificationMetrics(all, all, labels)) },
            confusion: confusionMatrix(all, all, labels),
            mistakes: [],
          },
        ],
      },
      'right',
    );
    expect(page).toContain('Nothing is mixed up: every answer was right.');
  });

  it('leaves nothing half-written where it cannot write', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(renderReport(sampleReport(2), join(file, 'run'))).rejects.toThrow();
    const run = join(folder, 'blocked');
    await renderReport(sampleReport(2), run);
    const before = await readFile(join(run, 'metrics.json'), 'utf8');
    await rm(join(run, 'report.html'));
    await chmod(run, 0o555);
    // Root may write anywhere, so this half says something only for other users.
    await renderReport(sampleReport(3), run).catch(async (error: unknown) => {
      expect(error).toMatchObject({ code: 'permission_denied' });
      expect(await readFile(join(run, 'metrics.json'), 'utf8')).toBe(before);
    });
    await chmod(run, 0o755);
    expect((await readdir(run)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
