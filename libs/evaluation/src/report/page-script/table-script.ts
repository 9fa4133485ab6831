/**
 * Tables that can be sorted, searched and filtered. Values are read from the cells once, when first asked for; rows move in one step
 * and are hidden by an attribute, so that 600 of them cause one layout a change.
 */
export const tableScript = String.raw`
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const element = (tag, properties) => Object.assign(document.createElement(tag), properties);
const labelsOf = (cell) => {
  const chips = [...cell.querySelectorAll('[data-l]')].map((chip) => chip.textContent);
  return chips.length > 0 ? chips : [cell.textContent.trim()];
};
const numberOf = (text) => {
  const value = parseFloat(text.replace(/,/g, ''));
  return Number.isNaN(value) ? -Infinity : value;
};

for (const table of document.querySelectorAll('table[data-sort], table[data-search]')) {
  const body = table.querySelector('tbody');
  const rows = [...body.children];
  const heads = [...table.querySelector('thead tr').children];

  if ('sort' in table.dataset) {
    heads.forEach((head, column) => {
      if (head.textContent.trim() === '' || 'fixed' in head.dataset) return;
      const numeric = head.classList.contains('n');
      const button = element('button', { type: 'button', className: 'sort' });
      button.append(...head.childNodes);
      head.append(button);
      let keys;
      button.addEventListener('click', () => {
        keys ??= new Map(rows.map((row) => {
          const text = row.children[column].textContent.trim();
          return [row, numeric ? numberOf(text) : text];
        }));
        const now = head.getAttribute('aria-sort');
        const falling = now === null ? numeric : now === 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
        const order = (a, b) => (numeric ? keys.get(a) - keys.get(b) || 0 : collator.compare(keys.get(a), keys.get(b)));
        body.append(...rows.slice().sort((a, b) => (falling ? order(b, a) : order(a, b))));
      });
    });
  }

  if ('search' in table.dataset) {
    const tools = element('div', { className: 'tools' });
    const search = element('input', { type: 'search', placeholder: table.dataset.search + ' …' });
    search.setAttribute('aria-label', table.dataset.search);
    const says = element('span', { className: 'soft small' });
    says.setAttribute('role', 'status');
    let texts;
    const cached = new Map();
    const valuesOf = (column) => {
      if (!cached.has(column)) cached.set(column, new Map(rows.map((row) => [row, labelsOf(row.children[column])])));
      return cached.get(column);
    };
    const filters = heads.flatMap((head, column) => {
      if (!('filter' in head.dataset)) return [];
      const counts = new Map();
      for (const values of valuesOf(column).values())
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      const select = element('select', {});
      select.setAttribute('aria-label', head.textContent.trim());
      select.append(element('option', { value: '', textContent: head.textContent.trim() + ': all' }));
      for (const value of [...counts.keys()].sort(collator.compare))
        if (value !== '') select.append(element('option', { value: '=' + value, textContent: value + ' (' + counts.get(value) + ')' }));
      return [{ column, select, name: head.textContent.trim() }];
    });
    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length > 0) texts ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
      const chosen = filters.filter(({ select }) => select.value !== '');
      let shown = 0;
      for (const row of rows) {
        const fits =
          words.every((word) => texts.get(row).includes(word)) &&
          chosen.every(({ column, select }) => valuesOf(column).get(row).includes(select.value.slice(1)));
        if (row.hidden === fits) row.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      const all = words.length === 0 && chosen.length === 0;
      says.textContent = all ? rows.length.toLocaleString('en-US') + ' rows' : shown.toLocaleString('en-US') + ' of ' + rows.length.toLocaleString('en-US') + ' rows';
      clear.hidden = all;
    };
    const clear = element('button', { type: 'button', textContent: 'show all', hidden: true });
    clear.addEventListener('click', () => {
      search.value = '';
      for (const { select } of filters) select.value = '';
      apply();
      search.focus();
    });
    search.addEventListener('input', apply);
    for (const { select } of filters) select.addEventListener('change', apply);
    // A heat map asks for the texts of a cell: {right, given}, either may be empty.
    table.addEventListener('taxon-filter', ({ detail }) => {
      search.value = '';
      const pick = (name, value) => {
        const filter = filters.find((one) => one.name === name);
        if (filter !== undefined) filter.select.value = value === '' ? '' : '=' + value;
      };
      pick('expected', detail.right);
      pick('answered', detail.given);
      apply();
    });
    tools.append(search, ...filters.map(({ select }) => select), clear, says);
    const box = table.closest('.scroll');
    box.before(tools);
    apply();
  }
}
`;
