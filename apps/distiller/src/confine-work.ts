import { confinePaths } from '@taxon/app-trainer/shared';
import type { DistillationOptions } from '@taxon/distillation';
import { confinePath } from '@taxon/jobs';
import type { CompressionRequest } from './compression-request.ts';

export interface AllowedFolders {
  /** What labelled files and texts are read from. */
  dataFolder: string;
  /** What models are read from and written to. */
  modelsFolder: string;
}

const service = 'distiller';

const confined = ({ dataFolder, modelsFolder }: AllowedFolders) => ({
  model: (path: string, field: string): string =>
    confinePath(path, field, { folder: modelsFolder, key: 'modelsFolder', service }),
  data: (path: string, field: string): string =>
    confinePath(path, field, { folder: dataFolder, key: 'dataFolder', service }),
});

/**
 * The options with absolute paths, below the folders that they may lead to.
 * @throws TaxonError `invalid_input` naming the path's field, the path and the folder
 */
export const confineDistillation = (options: DistillationOptions, folders: AllowedFolders): DistillationOptions => {
  const { model, data } = confined(folders);
  const { teachers, unlabelled } = options;
  return {
    ...confinePaths(options, folders, service),
    teachers: teachers.map(({ folder, weight }, i) => ({ folder: model(folder, `teachers[${i}].folder`), weight })),
    unlabelled: { ...unlabelled, texts: unlabelled.texts.map((path, i) => data(path, `unlabelled.texts[${i}]`)) },
  };
};

/** As `confineDistillation`. */
export const confineCompression = (request: CompressionRequest, folders: AllowedFolders): CompressionRequest => {
  const { model, data } = confined(folders);
  const { validation, calibrationFile } = request;
  return {
    ...request,
    model: model(request.model, 'model'),
    output: model(request.output, 'output'),
    validation: { ...validation, path: data(validation.path, 'validation.path') },
    calibrationFile: calibrationFile && {
      ...calibrationFile,
      path: data(calibrationFile.path, 'calibration.path'),
    },
  };
};
