import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HTMLElement, type HTMLInputElement, type HTMLSelectElement, Window } from 'happy-dom';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { renderReport, type RunReport } from '../../index.ts';
import { sampleMultiLabelReport } from '../sample-multi-label.ts';
import { sampleReport } from '../sample-report.ts';

let folder: string;
const open: Window[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-page-'));
});
afterEach(async () => {
  for (const window of open.splice(0)) await window.happyDOM.close();
});
afterAll(() => rm(folder, { recursive: true }));

/** The page as a browser has it after its script ran. */
const load = async (report: RunReport, name: string) => {
  await renderReport(report, join(folder, name));
  const page = await readFile(join(folder, name, 'report.html'), 'utf8');
  const window = new Window({
    settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true },
  });
  open.push(window);
  window.document.write(page);
  await window.happyDOM.waitUntilComplete();
  const { document } = window;
  const all = (selector: string) => [...document.querySelectorAll(selector)] as unknown as HTMLElement[];
  const tools = (table: string) => {
    const box = document.getElementById(table)!.closest('.scroll')!.previousElementSibling;
    return {
      search: box.querySelector('input') as unknown as HTMLInputElement,
      selects: [...box.querySelectorAll('select')],
      says: () => box.querySelector('[role=status]')!.textContent,
    };
  };
  const column = (table: string, index: number): string[] =>
    all(`#${table} tbody tr`)
      .filter((row) => !row.hidden)
      .map((row) => row.children[index]!.textContent.trim());
  const fire = (target: HTMLElement, kind: string) => target.dispatchEvent(new window.Event(kind, { bubbles: true }));
  return { window, document, all, tools, column, fire };
};

describe('the page’s tables', () => {
  it('are sorted by a click on a heading, numbers by size, and back by another', async () => {
    const { all, column } = await load(sampleReport(150, 4), 'sort');
    const worstFirst = column('classes-table', 4);
    expect(worstFirst).toHaveLength(150);
    const heads = all('#classes-table th');
    const byTexts = heads[1]!.querySelector('button')!;
    byTexts.click();
    const texts = column('classes-table', 1).map((text) => Number(text.replace(',', '')));
    expect(texts).toEqual(texts.toSorted((a, b) => b - a));
    expect(heads[1]!.getAttribute('aria-sort')).toBe('descending');
    byTexts.click();
    expect(column('classes-table', 1).map(Number)).toEqual(texts.toSorted((a, b) => a - b));
    heads[0]!.querySelector('button')!.click();
    const names = column('classes-table', 0);
    expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    expect(heads[1]!.hasAttribute('aria-sort')).toBe(false);
    expect(heads.at(-1)!.querySelector('button')).toBeNull(); // a column with counts in words has no order of its own
  });

  it('are searched by all words, and say what is left', async () => {
    const { tools, column, fire } = await load(sampleReport(150, 4), 'search');
    const { search, says } = tools('classes-table');
    expect(says()).toBe('150 rows');
    search.value = 'CARD lost';
    fire(search, 'input');
    const found = column('classes-table', 0);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(150);
    for (const name of found) expect(name).toMatch(/card|lost/);
    expect(says()).toBe(`${found.length} of 150 rows`);
    search.value = 'no such label';
    fire(search, 'input');
    expect(column('classes-table', 0)).toEqual([]);
  });

  it('of wrong answers are filtered by the expected and the given label', async () => {
    const report = sampleReport(15, 20);
    const { tools, column, fire } = await load(report, 'filter');
    const { selects } = tools('mistakes-table');
    const { expected, predicted } = report.tasks[0]!.mistakes[0]!;
    const [byExpected, byAnswered] = selects as [HTMLSelectElement, HTMLSelectElement];
    byExpected.value = `=${expected[0]!}`;
    fire(byExpected, 'change');
    const same = report.tasks[0]!.mistakes.filter((row) => row.expected[0] === expected[0]);
    expect(column('mistakes-table', 1)).toHaveLength(same.length);
    byAnswered.value = `=${predicted[0]!}`;
    fire(byAnswered, 'change');
    expect(column('mistakes-table', 2)).toHaveLength(same.filter((row) => row.predicted[0] === predicted[0]).length);
  });
});

describe('the heat map', () => {
  it('tells a cell’s figures and texts, and shows all of them in the table below', async () => {
    const report = sampleReport(15, 20);
    const { window, document, all, column } = await load(report, 'heat');
    const mistake = report.tasks[0]!.mistakes[0]!;
    const cells = all('.heat td.w');
    const detail = document.querySelector('.heat-detail')!;
    const told = cells.map((cell) => {
      cell.click();
      return detail.textContent;
    });
    const at = told.findIndex((text) =>
      text.startsWith(`${mistake.expected[0]!} taken for ${mistake.predicted[0]!}: `),
    );
    expect(at).toBeGreaterThanOrEqual(0);
    expect(told[at]).toContain(mistake.text.slice(0, 60));
    cells[at]!.click();
    detail.querySelector('button')!.click();
    const shown = column('mistakes-table', 1);
    expect(shown.length).toBeGreaterThan(0);
    expect(new Set(shown.map((text) => text.replace(/\s+\d+ %$/, '')))).toEqual(new Set(mistake.expected));

    const rows = all('.heat tbody tr').map(
      (row) => [...row.querySelectorAll('td[data-i]')] as unknown as HTMLElement[],
    );
    const start = rows.find((row) => row.length > 1)![0]!;
    start.focus();
    const key = new window.KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true });
    start.dispatchEvent(key);
    const next = document.activeElement as unknown as HTMLElement;
    expect(next).not.toBe(start);
    expect(next.parentElement).toBe(start.parentElement);
    expect(next.classList.contains('on')).toBe(true);
  });
});

describe('the threshold curves', () => {
  it('are redrawn for a label, and on logits', async () => {
    const { document, fire } = await load(sampleMultiLabelReport(4, 400), 'sweep');
    const box = document.querySelector('.sweep-box')!;
    const line = () => box.querySelector('path.line.f')!.getAttribute('d');
    const [labels, scale] = [...box.querySelectorAll('select')] as unknown as [HTMLSelectElement, HTMLSelectElement];
    const global = line();
    expect([...labels.options].map(({ textContent }) => textContent)).toContain('anger');
    labels.value = '3';
    fire(labels, 'change');
    const own = line();
    expect(own).not.toBe(global);
    expect(box.querySelector('[data-sweep-says]')!.textContent).toMatch(/^anger: chosen threshold 0\.\d+/);
    scale.value = 'l';
    fire(scale, 'change');
    expect(line()).not.toBe(own);
    expect(box.querySelector('text.axis')!.textContent).toBe('threshold (logit)');
    expect(line()).not.toContain('NaN');
  });
});
