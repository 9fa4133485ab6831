import { expect, it } from 'vitest';
import { paretoFront, paretoPage, type ParetoPoint } from './pareto.ts';

const point = (name: string, accuracy: number, milliseconds: number, megabytes: number): ParetoPoint => ({
  name,
  accuracy,
  milliseconds,
  megabytes,
});
const points = [
  point('teacher', 0.97, 3, 90),
  point('int8', 0.969, 1, 24),
  point('slow & <small>', 0.95, 4, 10),
  point('beaten', 0.94, 2, 30),
];

it('the front holds those that no other one beats, by rising cost', () => {
  expect(paretoFront(points, 'milliseconds').map(({ name }) => name)).toEqual(['int8', 'teacher']);
  expect(paretoFront(points, 'megabytes').map(({ name }) => name)).toEqual(['slow & <small>', 'int8', 'teacher']);
  expect(paretoFront([points[0]!, points[0]!], 'milliseconds')).toHaveLength(2);
});

it('the page names every model, escapes it, and fetches nothing', async () => {
  const page = await paretoPage(points, 'a < b');
  for (const name of ['teacher', 'int8', 'slow &amp; &lt;small>', 'beaten']) expect(page).toContain(name);
  expect(page).toContain('<svg');
  expect(page).not.toMatch(/<small>|(src|href)="http/);
});
