import { html, raw, type Html } from './html.ts';
import { jsonData, note } from './layout.ts';

export interface HeatCell {
  row: number;
  column: number;
  /** Written into the cell. */
  text: string;
  /** Strength of the colour, 0..1. */
  share: number;
  right: boolean;
  /** A sentence that tells the cell's figures. */
  what: string;
  /** Texts of this cell, cut short. */
  examples?: readonly string[];
  /** Values that the mistakes table is filtered by, [right, given]. */
  filter?: readonly [string, string];
}

export interface HeatMapOptions {
  /** What rows and columns are. */
  rowTitle: string;
  columnTitle: string;
  label: string;
  /** Id of the table that `filter` is meant for. */
  target?: string;
}

/** Colours look even when strength grows with the root of the share; a cell that is there is always to be seen. */
const strength = (share: number): number => Math.round(10 + 90 * Math.sqrt(Math.min(1, Math.max(0, share))));

/**
 * A grid of numbers on colours, as a table, so that it can be read without a script and its letters follow the page. With the script,
 * pointing at a cell, or the arrow keys, show its sentence and its texts beside it.
 */
export const heatMap = (
  rows: readonly string[],
  columns: readonly string[],
  cells: readonly HeatCell[],
  { rowTitle, columnTitle, label, target }: HeatMapOptions,
): Html => {
  const at = new Map(cells.map((one, i) => [one.row * columns.length + one.column, i]));
  const td = (r: number, c: number): Html => {
    const index = at.get(r * columns.length + c);
    if (index === undefined) return html`<td></td>`;
    const { text, share, right, what } = cells[index]!;
    const percentage = strength(share);
    const kind = `${right ? 'r' : 'w'}${percentage > 72 ? ' strong' : ''}`;
    return html`<td class="${kind}" style="--s:${percentage}%" data-i="${index}" title="${what}">${text}</td>`;
  };
  const details = cells.map(({ examples, filter }) => [examples ?? [], filter ?? 0]);
  const large = columns.length > 12;
  const simple = target === undefined;
  return html`<div class="heat-box ${simple ? 'simple' : ''}" ${target !== undefined && html`data-target="${target}"`}>
    <div class="scroll">
      <table class="heat ${large && !simple ? 'dense' : ''}" aria-label="${label}">
        <thead>
          <tr>
            <td class="corner"><span>${columnTitle} →</span><span>${rowTitle} ↓</span></td>
            ${columns.map((name) => html`<th scope="col" title="${name}"><span>${name}</span></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (name, r) =>
              html`<tr>
                <th scope="row" title="${name}"><span>${name}</span></th>
                ${columns.map((_, c) => td(r, c))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <div class="heat-detail" role="status">
      ${note(simple ? 'Point at a cell for its figures.' : 'Point at a cell, tap it, or walk with the arrow keys: its figures and texts appear here.')}
    </div>
    ${raw(jsonData('heat-data', details).markup)}
  </div>`;
};
