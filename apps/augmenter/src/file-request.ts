import { resolve } from 'node:path';
import { Augmentation, type AugmentationOptions } from '@taxon/contracts';
import { invalidInput, type Violation } from '@taxon/errors';
import { confinePath } from '@taxon/jobs';
import type { AugmentationEngine, FileRequest } from './engine.ts';

export interface AllowedFolders {
  /** What labelled files and texts are read from. */
  dataFolder: string;
  /** What new files are written to. */
  outputFolder: string;
  /** What models are read from. */
  modelsFolder: string;
}

const service = 'augmenter';
const writable = /\.(csv|tsv|jsonl)$/i;

const violationsOf = ({ input, output, textColumn, pairColumn, labelColumn, idColumn }: Augmentation): Violation[] => {
  const violations: Violation[] = [];
  const add = (field: string, description: string): void => void violations.push({ field, description });
  if (input === '') add('input', 'missing; a labelled file');
  if (output === '') add('output', 'missing; the file to write');
  else if (!writable.test(output)) add('output', `${JSON.stringify(output)} does not end in .csv, .tsv or .jsonl`);
  for (const [field, name] of Object.entries({ textColumn, pairColumn, labelColumn, idColumn }))
    if (name === '') add(field, 'empty; the name of a column');
  return violations;
};

/** Paths of the message absolute, below the folders that they may lead to; defaults filled in; its options as `parse` reads them. */
export const toFileRequest = <Options>(
  message: Augmentation | undefined,
  engine: AugmentationEngine<Options>,
  folders: AllowedFolders,
): FileRequest<Options> => {
  const given = message ?? Augmentation.fromPartial({});
  const violations = violationsOf(given);
  if (violations.length > 0) {
    const lines = violations.map(({ field, description }) => `${field}: ${description}`);
    throw invalidInput(lines.join('; '), undefined, violations);
  }
  const { dataFolder, outputFolder } = folders;
  const data = (path: string, field: string): string =>
    confinePath(path, field, { folder: dataFolder, key: 'dataFolder', service });
  const input = data(given.input, 'input');
  const output = confinePath(given.output, 'output', { folder: outputFolder, key: 'outputFolder', service });
  if (resolve(input) === resolve(output)) {
    const description = `${output} is the input, which is not overwritten`;
    throw invalidInput(`output: ${description}`, undefined, [{ field: 'output', description }]);
  }
  return {
    input,
    output,
    textColumn: given.textColumn ?? 'text',
    pairColumn: given.pairColumn,
    labelColumn: given.labelColumn ?? 'label',
    labelSeparator: given.labelSeparator,
    idColumn: given.idColumn,
    unlabelled: given.unlabelled.map((path, i) => data(path, `unlabelled[${i}]`)),
    withOriginals: given.withOriginals ?? false,
    options: confineModels(engine, given.options, folders),
  };
};

/** The options, checked, with the models that they read below `modelsFolder`. */
export const confineModels = <Options>(
  engine: AugmentationEngine<Options>,
  options: AugmentationOptions | undefined,
  { modelsFolder }: AllowedFolders,
): Options =>
  engine.withModels(engine.parse(options), (folder, field) =>
    confinePath(folder, field, { folder: modelsFolder, key: 'modelsFolder', service }),
  );

export const toAugmentationMessage = <Options>(
  { options, ...request }: FileRequest<Options>,
  engine: AugmentationEngine<Options>,
): Augmentation => Augmentation.fromPartial({ ...request, options: engine.toMessage(options) });
