import { count, percent } from './figures.ts';
import { html, raw, type Html } from './html.ts';

/** One part of the page, with its place in the table of contents. */
export interface Section {
  id: string;
  title: string;
  content: Html;
}

/** Where a task's sections stand: ids must not meet when there are several tasks. */
export interface Place {
  /** Put before every id: empty, or `t2-`. */
  prefix: string;
}

/** A part of the page, or nothing where there is no content. */
export const section = (id: string, title: string, content: Html | undefined): Section[] =>
  content === undefined
    ? []
    : [
        {
          id,
          title,
          content: html`<section id="${id}">
            <h2>${title}</h2>
            ${content}
          </section>`,
        },
      ];

export const tile = (label: string, value: string, below: string | Html, mark?: Html): Html =>
  html`<div class="tile"><span>${label}</span><b>${value}</b>${mark}<span>${below}</span></div>`;

/** A range on a scale from `from` to `to` with the figure in it. */
export const rangeMark = (
  estimate: number,
  lower: number,
  upper: number,
  [from, to]: readonly [number, number],
): Html => {
  const at = (value: number): string =>
    `${(100 * Math.min(1, Math.max(0, (value - from) / (to - from || 1)))).toFixed(1)}%`;
  return html`<span class="range" aria-hidden="true"
    ><i style="left:${at(lower)};right:calc(100% - ${at(upper)})"></i><u style="left:${at(estimate)}"></u
  ></span>`;
};

/** A share as a bar, its colour by how good it is. */
export const bar = (share: number): Html => {
  const level = share < 0.6 ? 'low' : share < 0.85 ? 'mid' : 'high';
  return html`<span class="bar"><i class="${level}" style="width:${(100 * share).toFixed(1)}%"></i></span>`;
};

export interface Column {
  title: string;
  /** Explains the column on hover. */
  what?: string;
  /** Numbers stand right. */
  number?: boolean;
  /** The script offers a choice among the column's values. */
  filter?: boolean;
  /** Width in the style sheet's words. */
  width?: string;
  /** Not to be sorted by. */
  fixed?: boolean;
}

/** A cell: markup of its own, or text that is wrapped in a cell. */
export type Cell = Html | string | number;

export interface TableOptions {
  id?: string;
  /** Prompt of the search field; absent: no search, no filters. */
  search?: string;
  /** Read out to those who do not see the heading. */
  label: string;
  /** Scrolls in a box of its own. */
  tall?: boolean;
  /** Columns are sorted on a click. */
  sort?: boolean;
}

/** A cell whose content has markup of its own. */
export const cell = (content: Html | readonly Html[], kind = ''): Html => html`<td class="${kind}">${content}</td>`;

/** A table that can be read without the script; with it, it can be sorted and searched. */
export const table = (columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TableOptions): Html => {
  const { id, search, label, tall = rows.length > 16, sort = rows.length > 2 } = options;
  const head = columns.map(
    ({ title, what, number, filter, width, fixed }) =>
      html`<th
        scope="col"
        class="${number ? 'n' : ''}"
        ${what !== undefined && html`title="${what}"`}
        ${width !== undefined && html`style="width:${width}"`}
        ${filter && html`data-filter`}
        ${fixed && html`data-fixed`}
      >
        ${title}
      </th>`,
  );
  // One line a cell: a page of 600 classes has thousands of them.
  const td = (value: Cell, at: number): Html =>
    typeof value === 'object'
      ? value
      : html`<td${raw(columns[at]!.number ? ' class="n"' : '')}>${typeof value === 'number' ? count(value) : value}</td>`;
  return html`<div
    class="scroll ${tall ? 'tall' : ''}"
    ${tall && html`tabindex="0" role="region" aria-label="${label}"`}
  >
    <table
      ${id !== undefined && html`id="${id}"`}
      ${sort && html`data-sort`}
      ${search !== undefined && html`data-search="${search}"`}
      aria-label="${label}"
    >
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(td)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
};

export const details = (summary: string, content: Html): Html =>
  html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;

export const note = (text: string | Html): Html => html`<p class="soft small">${text}</p>`;

/** Data for the page's script; nothing in it can end the element. */
export const jsonData = (kind: string, data: unknown): Html =>
  html`<script type="application/json" class="${kind}">
    ${raw(JSON.stringify(data).replaceAll('<', '\\u003c'))}
  </script>`;

/** Inline SVG needs no namespace, and ids of two charts must not meet. */
export const chart = (svg: string, name: string): Html =>
  html`<div class="chart">
    ${raw(
      svg
        .replace(/ xmlns(:\w+)?="[^"]*"/g, '')
        .replace(/ id="(\w+)"/g, ` id="${name}-$1"`)
        .replace(/url\(#(\w+)\)/g, `url(#${name}-$1)`),
    )}
  </div>`;

/** `73.1 % … 75.0 %` */
export const between = (lower: number, upper: number): string => `${percent(lower)} … ${percent(upper)}`;

const longestText = 300;

/** The start of a long text. */
export const cut = (text: string, longest = longestText): string =>
  text.length > longest ? `${text.slice(0, longest).trimEnd()}…` : text;
