import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAnswers, writeAnswers, type AnsweredText, type AnswersTask } from '../index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-answers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const topic: AnswersTask = { name: 'topic', kind: 'single-label', labels: ['price', 'size', '色'] };
const moods: AnswersTask = { name: 'moods', kind: 'multi-label', labels: ['calm', 'hurried'] };

/** Answers of one task with their probabilities. */
const answeredTask = ({ kind, labels }: AnswersTask) =>
  fc.record(
    {
      labels: fc.subarray([...labels, 'unseen'], kind === 'single-label' ? { minLength: 1, maxLength: 1 } : {}),
      answer: fc.subarray([...labels], kind === 'single-label' ? { minLength: 1, maxLength: 1 } : {}),
      probabilities: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: labels.length,
        maxLength: labels.length,
      }),
    },
    { requiredKeys: ['answer'] },
  );
const answered = (tasks: readonly AnswersTask[]): fc.Arbitrary<AnsweredText[]> =>
  fc.array(
    fc.record(
      {
        text: fc.string({ unit: 'grapheme' }),
        pair: fc.string(),
        source: fc.string(),
        line: fc.nat(),
        tasks: fc.tuple(...tasks.map(answeredTask)),
      },
      { requiredKeys: ['text', 'tasks'] },
    ),
    { maxLength: 6 },
  );

const fileOf = async (lines: readonly unknown[]): Promise<string> => {
  const path = join(folder, 'lines.jsonl');
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
};
const header = (...tasks: AnswersTask[]) => ({ kind: 'answers', version: 1, tasks });

describe('a file of answers', () => {
  it.each([
    ['one task', [topic]],
    ['several labels a text', [moods]],
    ['several tasks', [topic, moods]],
  ])('is read as it was written: %s', async (_, tasks) => {
    const path = join(folder, 'roundtrip.jsonl');
    await fc.assert(
      fc.asyncProperty(answered(tasks), async (texts) => {
        await writeAnswers(path, { split: 'test', tasks }, texts);
        const read = await readAnswers(path);
        expect(read).toMatchObject({ split: 'test', tasks });
        expect(read.texts).toHaveLength(texts.length);
        texts.forEach(({ tasks: own, ...about }, i) => {
          const { decisions, ...back } = read.texts[i]!;
          expect(back).toEqual(about);
          own.forEach(({ labels, answer, probabilities }, task) => {
            expect(decisions[task]!.expected).toEqual(labels);
            expect(decisions[task]!.given).toEqual(answer);
            const places = answer.map((label) => tasks[task]!.labels.indexOf(label));
            if (probabilities !== undefined)
              places.forEach((place, at) => expect(decisions[task]!.scores![at]).toBeCloseTo(probabilities[place]!, 5));
          });
        });
      }),
      { numRuns: 40 },
    );
  });

  it('counts the likeliest label of a text that was left unanswered', async () => {
    const line = { text: 'a', labels: ['size'], answer: [], probabilities: [0.2, 0.5, 0.3] };
    const { texts } = await readAnswers(await fileOf([header(topic), line]));
    expect(texts[0]!.decisions).toEqual([{ expected: ['size'], given: ['size'], scores: [0.5], abstained: true }]);
  });

  it('is there whole or not at all', async () => {
    const path = join(folder, 'stopped.jsonl');
    const stop = new AbortController();
    function* texts(): Generator<AnsweredText> {
      for (let i = 0; i < 50_000; i++) {
        if (i === 20_000) stop.abort();
        yield { text: `text ${i}`, tasks: [{ answer: ['size'] }] };
      }
    }
    await expect(writeAnswers(path, { tasks: [topic] }, texts(), stop.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  it.each([
    ['something else', ['{"text":"a","answer":["size"]}'], /lines\.jsonl is no file of saved answers/],
    ['nothing', [''], /is no file of saved answers/],
    ['no JSON', [header(topic), '{"text":'], /lines\.jsonl:2: no JSON object/],
    ['no text', [header(topic), '', { answer: ['size'] }], /:3: text is missing/],
    ['no answer', [header(topic), { text: 'a' }], /:2: answer is not a list/],
    [
      'two answers to one question',
      [header(topic), { text: 'a', answer: ['size', 'price'] }],
      /:2: answer has 2 labels/,
    ],
    ['too few probabilities', [header(topic), { text: 'a', answer: ['size'], probabilities: [1] }], /:2: .*list of 3/],
    ['a task without its answer', [header(topic, moods), { text: 'a', tasks: [] }], /:2: .*answer of the task 'topic'/],
  ])('says where it is wrong: %s', async (_, lines, message) => {
    await expect(readAnswers(await fileOf(lines))).rejects.toThrow(message);
  });

  it('that is not there is named', async () => {
    await expect(readAnswers(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has one JSON object a line, as Python and jq read them', async () => {
    const path = join(folder, 'plain.jsonl');
    const tasks = [{ labels: ['色'], answer: ['size'], probabilities: Float64Array.of(1 / 3, 2 / 3, 1e-9) }];
    await writeAnswers(path, { tasks: [topic] }, [{ text: 'two\nlines', tasks }]);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines[1]!)).toEqual({
      ...{ text: 'two\nlines', labels: ['色'], answer: ['size'], probabilities: [0.333333, 0.666667, 0] },
    });
    expect(lines).toHaveLength(2);
  });
});
