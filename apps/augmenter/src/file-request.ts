import { resolve } from 'node:path';
import { Augmentation } from '@taxon/contracts';
import { invalidInput, type Violation } from '@taxon/errors';
import { confinePath } from '@taxon/jobs';
import { confineOptions, expectMethods, expectThere, type ReadFolders } from './check-options.ts';
import type { AugmentationEngine, FileRequest } from './engine.ts';
import { fromOptionsMessage, toOptionsMessage } from './options-message.ts';

export interface AllowedFolders extends ReadFolders {
  /** What new files are written to. */
  outputFolder: string;
}

const service = 'augmenter';
const writable = /\.(csv|tsv|jsonl)$/i;

const violationsOf = ({ input, output, ...given }: Augmentation): Violation[] => {
  const violations: Violation[] = [];
  const add = (field: string, description: string): void => void violations.push({ field, description });
  if (input === '') add('input', 'missing; a labelled file');
  if (output === '') add('output', 'missing; the file to write');
  else if (!writable.test(output)) add('output', `${JSON.stringify(output)} does not end in .csv, .tsv or .jsonl`);
  const { textColumn, pairColumn, sourceColumn, labelColumn, idColumn } = given;
  for (const [field, name] of Object.entries({ textColumn, pairColumn, sourceColumn, labelColumn, idColumn }))
    if (name === '') add(field, 'empty; the name of a column');
  return violations;
};

/**
 * The message with absolute paths, below the folders that they may lead to, and with every default.
 * @throws TaxonError `invalid_input` naming every wrong field, `not_found` for what is not there
 */
export const toFileRequest = (
  message: Augmentation | undefined,
  engine: Pick<AugmentationEngine, 'methods' | 'checkMethods'>,
  folders: AllowedFolders,
): FileRequest => {
  const given = message ?? Augmentation.fromPartial({});
  const violations = violationsOf(given);
  if (violations.length > 0) {
    const lines = violations.map(({ field, description }) => `${field}: ${description}`);
    throw invalidInput(lines.join('; '), undefined, violations);
  }
  const { dataFolder, outputFolder } = folders;
  const input = confinePath(given.input, 'input', { folder: dataFolder, key: 'dataFolder', service });
  const output = confinePath(given.output, 'output', { folder: outputFolder, key: 'outputFolder', service });
  if (resolve(input) === resolve(output)) {
    const description = `${output} is the input, which is not overwritten`;
    throw invalidInput(`output: ${description}`, undefined, [{ field: 'output', description }]);
  }
  expectThere([{ field: 'input', path: input }]);
  const options = fromOptionsMessage(given.options);
  expectMethods(options, engine.methods);
  engine.checkMethods(options);
  return {
    input,
    output,
    textColumn: given.textColumn ?? 'text',
    pairColumn: given.pairColumn,
    sourceColumn: given.sourceColumn,
    labelColumn: given.labelColumn ?? 'label',
    labelSeparator: given.labelSeparator,
    idColumn: given.idColumn,
    withOriginals: given.withOriginals ?? false,
    options: confineOptions(options, folders, engine.methods),
  };
};

export const toAugmentationMessage = ({ options, ...request }: FileRequest): Augmentation =>
  Augmentation.fromPartial({ ...request, options: toOptionsMessage(options) });
