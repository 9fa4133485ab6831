import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classificationMetrics, confusionMatrix, renderReport, type RunReport } from '../index.ts';
import { sampleReport } from './sample-report.ts';

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
const hostile = `<script>alert("1")</script> & 'x'`;

describe('renderReport', () => {
  it('writes every file whole, with numbers that machines can read', async () => {
    const report = sampleReport(15);
    const { run } = await render(report, 'files');
    expect((await readdir(run)).sort()).toEqual([
      'confusion-matrix.svg',
      'curves.svg',
      'metrics.json',
      'per-class.csv',
      'report.html',
    ]);
    const metrics = JSON.parse(await readFile(join(run, 'metrics.json'), 'utf8')) as Record<string, unknown>;
    const { n, accuracy, macroF1, weightedF1 } = report.final.test!;
    expect(metrics).toMatchObject({ final: { test: { n, accuracy, macroF1, weightedF1 } }, recipe: report.recipe });
    const csv = (await readFile(join(run, 'per-class.csv'), 'utf8')).trimEnd().split('\n');
    expect(csv[0]).toBe('split,label,precision,recall,f1,support');
    expect(csv).toHaveLength(1 + 2 * 15);
    for (const chart of ['curves.svg', 'confusion-matrix.svg'])
      expect(await readFile(join(run, chart), 'utf8')).toMatch(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>$/s,
      );
  });

  it.each([2, 15, 150, 600])(
    'makes one page for %i classes that needs no script and nothing from elsewhere',
    async (classes) => {
      const { page } = await render(sampleReport(classes, 4), `page${classes}`);
      expect(page).not.toMatch(/<script|https?:|<link|<iframe|<img|src=|@import|url\((?!#)/i);
      expect(page.length).toBeLessThan(1_000_000);
      for (const tag of ['div', 'table', 'svg', 'details', 'tr', 'td'])
        expect(page.split(`<${tag}`).length, tag).toBe(page.split(`</${tag}>`).length);
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    },
  );

  it('shows counts for few classes, and the worst classes and pairs for many', async () => {
    const few = (await render(sampleReport(15), 'few')).page;
    expect(few).toContain('<title>account question taken for order double charged: 1 of 8</title>');
    expect(few).not.toContain('The classes with most mistakes');
    const many = (await render(sampleReport(150), 'many')).page;
    expect(many).toContain('The classes with most mistakes');
    expect(many).toContain('the whole matrix, 150 classes');
    expect(many).toContain('(other classes)');
  });

  it('escapes whatever comes from data', async () => {
    const labels = [hostile, 'plain'];
    const [expected, predicted] = [Int32Array.of(0, 1, -1), Int32Array.of(1, 1, 0)];
    const metrics = classificationMetrics(expected, predicted, labels, ['unseen\u0000 <b>']);
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
      final: { test: metrics },
      confusion: { split: 'test', ...confusionMatrix(expected, predicted, labels, ['unseen\u0000 <b>']) },
      mistakes: [{ text: hostile, expected: hostile, predicted: 'plain', probability: 0.9 }],
      timings: { [hostile]: 1 },
    };
    const { page, run } = await render(report, 'hostile');
    expect(page).not.toMatch(/<script|<b>[^<]*<\/td>|\0/i);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    expect(await readFile(join(run, 'confusion-matrix.svg'), 'utf8')).not.toMatch(/<script/i);
    expect(await readFile(join(run, 'per-class.csv'), 'utf8')).toContain(`"<script>alert(""1"")</script> & 'x'"`);
  });

  it('leaves out what there is no data for', async () => {
    const { page, run } = await render(
      {
        ...sampleReport(3),
        history: [],
        evaluations: [],
        final: { validation: undefined },
        confusion: undefined,
        mistakes: [],
      },
      'bare',
    );
    expect((await readdir(run)).sort()).toEqual(['metrics.json', 'per-class.csv', 'report.html']);
    expect(page).not.toContain('id="confusion"');
    expect(page).toContain('peak memory');
  });

  it('draws a run whose every answer is right', async () => {
    const labels = Array.from({ length: 50 }, (_, i) => `l${i}`);
    const all = Int32Array.from(labels, (_, i) => i);
    const { page } = await render(
      { ...sampleReport(3), confusion: { split: 'test', ...confusionMatrix(all, all, labels) }, mistakes: [] },
      'right',
    );
    expect(page).toContain('Nothing: every answer was right.');
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
