import { join } from 'node:path';
import { writeWhole } from '@taxon/evaluation';
import { augmentationPage, type ReportSubject } from './report-page.ts';
import type { AugmentationSummary } from './summary.ts';

/** Writes `augmentation.json` and `augmentation.html` into a folder. @returns the page's path */
export const writeAugmentationReport = async (
  folder: string,
  summary: AugmentationSummary,
  about: ReportSubject,
): Promise<string> => {
  await writeWhole(join(folder, 'augmentation.json'), [`${JSON.stringify({ ...about, ...summary }, null, 2)}\n`]);
  const page = join(folder, 'augmentation.html');
  await writeWhole(page, [augmentationPage(summary, about)]);
  return page;
};
