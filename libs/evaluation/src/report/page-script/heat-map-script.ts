/** Pointing at a cell of a heat map, tapping it, or walking there with the arrow keys tells its figures and shows its texts. */
export const heatMapScript = String.raw`
const element = (tag, properties) => Object.assign(document.createElement(tag), properties);

for (const box of document.querySelectorAll('.heat-box')) {
  const table = box.querySelector('table.heat');
  const detail = box.querySelector('.heat-detail');
  const data = JSON.parse(box.querySelector('.heat-data').textContent);
  const cells = [...table.querySelectorAll('td[data-i]')];
  const whats = new Map(cells.map((cell) => [cell, cell.title]));
  for (const cell of cells) cell.removeAttribute('title');
  let current;
  let pinned = false;

  const columnOf = (cell) => [...cell.parentElement.children].indexOf(cell);
  const rowHead = (cell) => cell.parentElement.children[0];
  const columnHead = (cell) => table.querySelector('thead tr').children[columnOf(cell)];
  const show = (cell) => {
    if (cell === current) return;
    for (const head of table.querySelectorAll('th.on')) head.classList.remove('on');
    current?.classList.remove('on');
    current = cell;
    cell.classList.add('on');
    rowHead(cell).classList.add('on');
    columnHead(cell).classList.add('on');
    const [examples, filter] = data[Number(cell.dataset.i)];
    const parts = [element('p', { className: 'what', textContent: whats.get(cell) })];
    if (examples.length > 0) {
      const list = element('ul', {});
      for (const text of examples) list.append(element('li', { textContent: text }));
      parts.push(list);
    }
    const target = box.dataset.target && document.getElementById(box.dataset.target);
    if (filter !== 0 && target && (filter[0] !== '' || filter[1] !== '')) {
      const button = element('button', { type: 'button', textContent: 'all such texts in the table of wrong answers' });
      button.addEventListener('click', () => {
        target.dispatchEvent(new CustomEvent('taxon-filter', { detail: { right: filter[0], given: filter[1] } }));
        (target.closest('section') ?? target).scrollIntoView({ behavior: 'smooth' });
      });
      parts.push(button);
    }
    detail.replaceChildren(...parts);
  };

  const focusable = (cell) => {
    table.querySelector('td[tabindex="0"]')?.setAttribute('tabindex', '-1');
    cell.setAttribute('tabindex', '0');
  };
  if (cells.length > 0) focusable(cells.find((cell) => cell.classList.contains('w')) ?? cells[0]);

  const cellAt = (event) => event.target.closest?.('td[data-i]');
  table.addEventListener('pointerover', (event) => {
    const cell = cellAt(event);
    if (cell && !pinned && event.pointerType === 'mouse') show(cell);
  });
  // A click holds the cell, so that the way to the button beside the map does not change it.
  table.addEventListener('click', (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    pinned = !(pinned && cell === current);
    show(cell);
    focusable(cell);
  });
  table.addEventListener('focusin', (event) => {
    const cell = cellAt(event);
    if (cell) show(cell);
  });
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  table.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    const from = cellAt(event);
    if (!step || !from) return;
    event.preventDefault();
    const rows = [...table.querySelector('tbody').children];
    let row = rows.indexOf(from.parentElement);
    let column = columnOf(from);
    for (;;) {
      row += step[0];
      column += step[1];
      const cell = rows[row]?.children[column];
      if (!cell || column < 1) return;
      if (!('i' in cell.dataset)) continue;
      focusable(cell);
      cell.focus();
      return;
    }
  });
}
`;
