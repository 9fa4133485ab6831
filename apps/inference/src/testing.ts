import { rm } from 'node:fs/promises';
import { saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';

export const labels = ['lost_card', 'exchange_rate', 'other'];

/** A real model, small enough to make in a test: a folder that anything loads. It cuts texts at 8 tokens. */
export const makeModel = async (folder: string, labelled: readonly string[] = labels): Promise<string> => {
  const tokenizerFrom = await temporaryFolder();
  await writeEncoderFolder(tokenizerFrom);
  const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, [...labelled]);
  await saveModelFolder(folder, { ...model, maxLength: 8 }, { tokenizerFrom, card });
  await rm(tokenizerFrom, { recursive: true });
  return folder;
};
