/** Threshold curves: a choice of label and of scale, and the figures under the pointer. The first curve is already drawn. */
export const sweepScript = String.raw`
const element = (tag, properties) => Object.assign(document.createElement(tag), properties);
const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const width = 640;
const height = 260;

for (const box of document.querySelectorAll('.sweep-box')) {
  const curves = JSON.parse(box.querySelector('.sweep-data').textContent);
  const svg = box.querySelector('svg.sweep');
  const lines = [...svg.querySelectorAll('path.line')];
  const ticks = [...svg.querySelectorAll('.ticks text')];
  const axis = svg.querySelector('text.axis');
  const half = svg.querySelector('.half');
  const chosen = svg.querySelector('.chosen');
  const cursor = svg.querySelector('.cursor');
  const says = box.querySelector('[data-sweep-says]');

  const choice = element('select', {});
  choice.setAttribute('aria-label', 'labels');
  choice.append(...curves.map(([name], i) => element('option', { value: String(i), textContent: name })));
  const scale = element('select', {});
  scale.setAttribute('aria-label', 'scale');
  scale.append(element('option', { value: 'p', textContent: 'probabilities' }), element('option', { value: 'l', textContent: 'logits' }));
  box.querySelector('[data-sweep-tools]').append(choice, scale);

  let range = [-6, 6];
  const onLogits = () => scale.value === 'l';
  const x = (logit) => width * Math.min(1, Math.max(0, onLogits() ? (logit - range[0]) / (range[1] - range[0]) : sigmoid(logit)));
  const place = (line, at) => { line.setAttribute('x1', at); line.setAttribute('x2', at); };
  const sentence = (point) => 'at ' + sigmoid(point[0]).toFixed(3) + ' (logit ' + point[0].toFixed(2) + '): precision ' +
    (point[1] / 10).toFixed(1) + ' %, recall ' + (point[2] / 10).toFixed(1) + ' %, F1 ' + (point[3] / 10).toFixed(1) + ' %';

  const draw = () => {
    const [name, best, points] = curves[Number(choice.value)];
    const logits = points.map(([logit]) => logit);
    range = [Math.max(-15, Math.floor(Math.min(...logits, 0))), Math.min(15, Math.ceil(Math.max(...logits, 1)))];
    lines.forEach((line, at) => {
      line.setAttribute('d', points.map((p, i) => (i === 0 ? 'M' : 'L') + x(p[0]).toFixed(1) + ' ' + (height * (1 - p[at + 1] / 1000)).toFixed(1)).join(''));
    });
    ticks.forEach((tick, i) => {
      const share = i / (ticks.length - 1);
      tick.textContent = onLogits() ? (range[0] + share * (range[1] - range[0])).toFixed(1) : String(share);
    });
    axis.textContent = onLogits() ? 'threshold (logit)' : 'threshold (probability)';
    place(half, x(0));
    place(chosen, x(best));
    cursor.setAttribute('hidden', 'hidden');
    says.textContent = name + ': chosen threshold ' + sigmoid(best).toFixed(3) + ' (logit ' + best.toFixed(2) + ')';
  };
  choice.addEventListener('change', draw);
  scale.addEventListener('change', draw);

  svg.addEventListener('pointermove', (event) => {
    const matrix = svg.getScreenCTM?.();
    if (!matrix) return;
    const at = (event.clientX - matrix.e) / matrix.a;
    const [name, , points] = curves[Number(choice.value)];
    const nearest = points.reduce((best, p) => (Math.abs(x(p[0]) - at) < Math.abs(x(best[0]) - at) ? p : best), points[0]);
    place(cursor, x(nearest[0]));
    cursor.removeAttribute('hidden');
    says.textContent = name + ' ' + sentence(nearest);
  });
}
`;
