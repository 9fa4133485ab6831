import type { LabelSpace } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { matchLabels } from './match-labels.ts';

const one = (...labels: string[]): LabelSpace => ({ tasks: [{ name: 'label', kind: 'single-label', labels }] });
const named = (space: LabelSpace) => ({ folder: 'teacher', space });

describe('the labels of teacher and student', () => {
  it('may stand in another order', () => {
    const matched = matchLabels(one('a', 'b', 'c'), [named(one('c', 'a', 'b'))], 'same');
    expect(matched).toEqual({ space: one('a', 'b', 'c'), ofTeachers: [[1, 2, 0]] });
  });

  it('are refused where they differ, and the difference is listed', () => {
    const many = Array.from({ length: 12 }, (_, i) => `extra${i}`);
    expect(() => matchLabels(one('a', 'b', 'new'), [named(one('a', 'b', ...many))], 'same')).toThrow(
      'teacher has other labels than the data: it lacks new; the data lacks extra0, extra1, extra2, extra3, extra4, extra5, extra6, extra7 and 4 more',
    );
  });

  it('are those that all have, where that is asked for', () => {
    const matched = matchLabels(
      one('a', 'b', 'c', 'd'),
      [named(one('x', 'd', 'b')), named(one('b', 'c', 'd'))],
      'shared',
    );
    expect(matched).toEqual({ space: one('b', 'd'), outputs: [1, 3], ofTeachers: [[2, 1], [0, 2]] }); // prettier-ignore
    expect(() => matchLabels(one('a', 'b'), [named(one('b', 'c'))], 'shared')).toThrow("share 1 labels of 'label'");
  });

  it('of several tasks are matched by the tasks’ names, each of its kind', () => {
    const space: LabelSpace = {
      tasks: [
        { name: 'topic', kind: 'single-label', labels: ['a', 'b'] },
        { name: 'tags', kind: 'multi-label', labels: ['x'] },
      ],
    };
    const teacher = { tasks: [space.tasks[1]!, space.tasks[0]!] };
    expect(matchLabels(space, [named(teacher)], 'same').ofTeachers).toEqual([[1, 2, 0]]);
    expect(() => matchLabels(one('a', 'b'), [named({ tasks: [{ ...one('a', 'b').tasks[0]!, kind: 'multi-label' }] })], 'same')).toThrow(
      'teacher answers label (multi-label); the data asks label (single-label)',
    ); // prettier-ignore
  });
});
