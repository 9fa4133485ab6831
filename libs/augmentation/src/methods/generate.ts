import { TaxonError } from '@taxon/errors';
import { z } from 'zod';
import { drawIndices } from '../draw.ts';
import type { MethodKind, Wanted } from '../method.ts';
import { labelsKey, type DatasetProfile } from '../profile.ts';
import { openPipeline } from '../translators/transformers-js.ts';

const options = z.strictObject({
  /** Folder of a text-generation model of transformers.js. */
  model: z
    .string({ error: 'the method generate needs model=FOLDER, a text-generation model of transformers.js' })
    .min(1),
  dtype: z.string().default('q8'),
  /** Texts of the class that the model is shown, the row's own included. */
  shown: z.int().min(1).max(32).default(5),
  temperature: z.number().gt(0).max(5).default(0.9),
  /** Longest text that is made, in tokens. */
  longest: z.int().min(1).max(1000).default(64),
});

/** Texts of one class as a list that begs to be gone on with; the last item is empty. */
export const promptOf = ({ row, random }: Wanted, shown: number, profile?: DatasetProfile): string => {
  const others = (profile?.pool.get(labelsKey(row.labels)) ?? []).filter((text) => text !== row.text);
  const chosen = drawIndices(random, others.length, shown - 1).map((i) => others[i]!);
  const labels = row.labels.flatMap((known) => known ?? []).join(', ');
  const items = [...chosen, row.text].map((text) => `- ${text.replace(/\s+/g, ' ').trim()}`);
  return `Messages about "${labels.replace(/[_-]+/g, ' ')}":\n${items.join('\n')}\n- `;
};

/** The first line that the model wrote behind the prompt. */
const continuationOf = (answer: unknown, prompt: string): string | undefined => {
  const first = (Array.isArray(answer) ? answer[0] : answer) as { generated_text?: unknown } | undefined;
  if (typeof first?.generated_text !== 'string')
    throw new TaxonError({ code: 'unavailable', message: 'the generative model answered without a text' });
  const text = first.generated_text.startsWith(prompt)
    ? first.generated_text.slice(prompt.length)
    : first.generated_text;
  return text.split('\n')[0]!.trim() || undefined;
};

/** A generative model goes on with a list of a class's texts. Its samples are the model's own: the seed does not fix them. Not run on real weights here. */
export const generate: MethodKind<typeof options> = {
  description: 'lets a generative model of transformers.js go on with a list of the class’s texts (model=FOLDER)',
  options,
  batch: 8,
  streamed: false,
  pool: 'own',
  paths: { model: 'model' },
  async open({ model, dtype, shown, temperature, longest }, { profile }) {
    const write = await openPipeline('text-generation', model, dtype);
    return {
      async make(wanted, signal) {
        const made: (string | undefined)[] = [];
        for (const one of wanted) {
          signal?.throwIfAborted();
          const prompt = promptOf(one, shown, profile);
          const answer = await write(prompt, { max_new_tokens: longest, do_sample: true, temperature });
          made.push(continuationOf(answer, prompt));
        }
        return made;
      },
      dispose: async () => {
        await write.dispose();
      },
    };
  },
};
