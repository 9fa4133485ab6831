/** One tip for every mark that tells something of itself: for pointers and for fingers, which get no native one. */
export const tipScript = String.raw`
const tip = document.getElementById('tip');
const told = '.chart [aria-label]:not(g):not(svg), [data-tip]';
const textOf = (mark) => mark.getAttribute('data-tip') ?? mark.getAttribute('aria-label');
for (const title of document.querySelectorAll('.chart path > title')) title.remove();
for (const mark of document.querySelectorAll('[data-tip]')) mark.removeAttribute('title');

const show = (event) => {
  const mark = event.target.closest?.(told);
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = textOf(mark);
  const { innerWidth } = window;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const above = event.clientY - tip.offsetHeight - 12;
  tip.style.left = Math.max(8, left) + 'px';
  tip.style.top = (above < 4 ? event.clientY + 18 : above) + 'px';
};
document.addEventListener('pointerover', show);
document.addEventListener('pointerdown', show);
document.addEventListener('scroll', () => { tip.hidden = true; }, { passive: true, capture: true });
`;
