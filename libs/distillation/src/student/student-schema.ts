import { invalidInput } from '@taxon/errors';
import { z } from 'zod';

/** Scratch students: BERT's miniatures (Turc et al. 2019). */
export const scratchSizes = {
  tiny: { layers: 2, hidden: 128, heads: 2, intermediate: 512 },
  mini: { layers: 4, hidden: 256, heads: 4, intermediate: 1024 },
  small: { layers: 4, hidden: 512, heads: 8, intermediate: 2048 },
} as const;
export type ScratchSize = keyof typeof scratchSizes;

/** What a student's encoder is made of. */
export const studentSchema = z.strictObject({
  /**
   * `teacher`: the first teacher's encoder, or what the other options leave of it. `scratch:tiny`, `scratch:mini`, `scratch:small`: random numbers,
   * the teacher's tokenizer. Else an encoder, by folder or hub id.
   */
  from: z.string().min(1).default('teacher'),
  /** How many layers, evenly spread over those of `from`, its last one included; or which, from 0 on. All where absent. */
  layers: z
    .union([
      z.int().min(1).max(100),
      z
        .array(z.int().min(0).max(99))
        .min(1)
        .refine((list) => list.every((layer, i) => i === 0 || layer > list[i - 1]!), {
          message: 'layers go up, each once',
        }),
    ])
    .optional(),
  /** Attention heads that every layer keeps: its most important ones. */
  heads: z.int().min(1).max(256).optional(),
  /** Feed-forward units that every layer keeps: its most important ones. A multiple of 16 lets training compute in int8. */
  intermediate: z.int().min(1).max(65_536).optional(),
  /** How heads and units are judged on the training texts. `taylor`: by how the loss would change without them (Michel et al. 2019); `activation`: by what they add on average. `auto`: the first where there is a classifier. */
  importance: z.enum(['auto', 'taylor', 'activation']).default('auto'),
  /** `domain`: of the vocabulary only what the texts need, every single character, and the special tokens. */
  vocabulary: z.enum(['keep', 'domain']).default('keep'),
});

export type StudentOptions = z.output<typeof studentSchema>;
export type StudentInput = z.input<typeof studentSchema>;

const shortForm =
  'layers:3, layers:0,2,5, heads:8, ffn:768, vocabulary:domain, scratch:mini or an encoder, joined by +';

const wholeNumbers = (text: string, part: string): number[] =>
  text.split(',').map((number) => {
    if (/^\d+$/.test(number.trim())) return Number(number);
    throw invalidInput(`student: '${part}': '${number}' is not a whole number`, `Write it as ${shortForm}.`);
  });

/**
 * A student in its short form: `layers:3`, `layers:0,2,5+ffn:768+vocabulary:domain`, `scratch:mini`, `same`, or an encoder.
 * @throws TaxonError `invalid_input` naming the part that is wrong
 */
export const parseStudent = (text: string): StudentInput => {
  const student: StudentInput = {};
  for (const part of text.split('+').map((own) => own.trim())) {
    const [key, value = ''] = part.split(/:(.*)/s) as [string, string?];
    if (part === '') throw invalidInput(`student: '${text}' has an empty part`, `Write it as ${shortForm}.`);
    if (part === 'same') continue;
    if (key === 'layers') {
      const layers = wholeNumbers(value, part);
      student.layers = value.includes(',') ? layers : layers[0];
    } else if (key === 'heads') student.heads = wholeNumbers(value, part)[0];
    else if (key === 'ffn' || key === 'intermediate') student.intermediate = wholeNumbers(value, part)[0];
    else if (key === 'vocabulary') student.vocabulary = value as StudentInput['vocabulary'];
    else if (key === 'importance') student.importance = value as StudentInput['importance'];
    else student.from = part;
  }
  return student;
};
