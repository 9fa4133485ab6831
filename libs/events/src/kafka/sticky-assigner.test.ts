import fc from 'fast-check';
import type { Assignment } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { assignPartitions, type Member } from './sticky-assigner.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const topicNames = ['a', 'b', 'c'];

const partitions = fc
  .tuple(...topicNames.map(() => fc.integer({ min: 1, max: 8 })))
  .map((counts) => new Map(topicNames.map((topic, i): [string, number[]] => [topic, range(counts[i]!)])));
const members = fc
  .array(fc.subarray(topicNames, { minLength: 1 }), { minLength: 1, maxLength: 6 })
  .map((topics) => topics.map((read, i): Member => ({ id: `member ${i}`, topics: read, owned: {} })));

const places = (assignment: Assignment): string[] =>
  Object.entries(assignment).flatMap(([topic, numbers]) => numbers.map((number) => `${topic}/${number}`));

describe('assignPartitions', () => {
  it('gives every partition that somebody reads to one member that reads its topic', () => {
    fc.assert(
      fc.property(members, partitions, (group, topics) => {
        const assigned = assignPartitions(group, topics);
        const read = new Set(group.flatMap((member) => member.topics));
        const wanted = [...topics].flatMap(([topic, numbers]) => (read.has(topic) ? places({ [topic]: numbers }) : []));
        expect([...assigned.values()].flatMap(places).sort()).toEqual(wanted.sort());
        for (const { id, topics: reads } of group)
          for (const topic of Object.keys(assigned.get(id)!)) expect(reads).toContain(topic);
      }),
    );
  });

  it('shares a topic evenly among those that read it, whatever they had', () => {
    fc.assert(
      fc.property(members, partitions, (group, topics) => {
        const alone = assignPartitions(group.slice(0, 1), topics);
        const [first] = group;
        const before = group.map((member) => (member === first ? { ...member, owned: alone.get(member.id)! } : member));
        const assigned = assignPartitions(before, topics);
        for (const [topic, numbers] of topics) {
          const readers = group.filter((member) => member.topics.includes(topic));
          for (const { id } of readers)
            expect(assigned.get(id)![topic]?.length ?? 0).toBeLessThanOrEqual(
              Math.ceil(numbers.length / readers.length),
            );
        }
      }),
    );
  });

  it('changes nothing where nobody came or went, and takes from the others only what a new one gets', () => {
    fc.assert(
      fc.property(members, partitions, (group, topics) => {
        const first = assignPartitions(group, topics);
        const settled = group.map((member) => ({ ...member, owned: first.get(member.id)! }));
        const again = assignPartitions(settled, topics);
        for (const { id } of group) expect(places(again.get(id)!).sort()).toEqual(places(first.get(id)!).sort());
      }),
    );
    const before = assignPartitions([{ id: 'one', topics: ['a'], owned: {} }], new Map([['a', range(4)]]));
    const joined = assignPartitions(
      [
        { id: 'one', topics: ['a'], owned: before.get('one')! },
        { id: 'two', topics: ['a'], owned: {} },
      ],
      new Map([['a', range(4)]]),
    );
    expect(Object.fromEntries(joined)).toEqual({ one: { a: [0, 1] }, two: { a: [2, 3] } });
  });

  it('takes a claim of two for one of them', () => {
    const owned = { a: [0, 1] };
    const two = ['one', 'two'].map((id): Member => ({ id, topics: ['a'], owned }));
    const assigned = assignPartitions(two, new Map([['a', range(2)]]));
    expect([...assigned.values()].flatMap(places).sort()).toEqual(['a/0', 'a/1']);
  });
});
