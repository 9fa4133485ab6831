import type { MethodKind } from '../method.ts';
import { backTranslation } from './back-translation.ts';
import { contextual } from './contextual.ts';
import { generate } from './generate.ts';
import { homophones } from './homophones.ts';
import { keyboard } from './keyboard.ts';
import { mix } from './mix.ts';
import { ocr } from './ocr.ts';
import { deletion, insertion, swap } from './random-edits.ts';
import { similar } from './similar.ts';
import { synonyms } from './synonyms.ts';
import { templates } from './templates.ts';
import { letterCase, punctuation } from './writing-style.ts';

/** Every method, by the name that options and `origin.method` call it. */
export const methodTable = {
  insert: insertion,
  delete: deletion,
  swap,
  keyboard,
  ocr,
  case: letterCase,
  punctuation,
  synonyms,
  homophones,
  contextual,
  mix,
  templates,
  similar,
  'back-translation': backTranslation,
  generate,
} satisfies Record<string, MethodKind>;

export type MethodName = keyof typeof methodTable;

export const methodNames = Object.keys(methodTable) as MethodName[];
