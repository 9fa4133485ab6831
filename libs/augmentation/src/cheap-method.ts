import type { Random } from '@taxon/data';
import { z } from 'zod';
import type { MethodKind } from './method.ts';
import type { Row } from './row.ts';

/** Share of the words (or letters) of a text that are changed; at least one is. */
export const shareOption = (share: number) => z.number().gt(0).max(1).default(share);

/** Makes one text of one row, at once; `undefined` where it can make none. */
export type Edit = (text: string, random: Random, row: Row, attempt: number) => string | undefined;

/** A kind of method whose texts are made one by one, without a native call or a process. */
export const editKind = <Schema extends z.ZodType>(
  description: string,
  options: Schema,
  open: (options: z.output<Schema>, resources: Parameters<MethodKind['open']>[1]) => Edit | Promise<Edit>,
  { streamed = true, pool, paths }: Partial<Pick<MethodKind, 'streamed' | 'pool' | 'paths'>> = {},
): MethodKind<Schema> => ({
  description,
  options,
  batch: 256,
  streamed,
  pool,
  paths,
  async open(own, resources) {
    const edit = await open(own, resources);
    return { make: (wanted) => wanted.map(({ row, random, attempt }) => edit(row.text, random, row, attempt)) };
  },
});
