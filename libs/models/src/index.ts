export {
  loadClassifier,
  mainTask,
  type Classifier,
  type ClassifyOptions,
  type LabelScore,
  type LoadClassifierOptions,
  type Prediction,
  type TaskPrediction,
} from './classifier.ts';
export {
  createEngine,
  engineSourceOf,
  tokenBudget,
  watchProducts,
  type ClassifierEngine,
  type EngineSource,
} from './classifier-engine.ts';
export { matrixUnits, quantizeWeights, type MatrixUnit, type ServedWeights } from './int8-matrix.ts';
export { bytesOfWeights, halveWeights, type CompressedNumbers } from './write-numbers.ts';
export { attentionWidth, headsOf, parseEncoderConfig, type EncoderConfig } from './encoder-config.ts';
export {
  blockDiagonalBias,
  encoder,
  encoderShapes,
  int8Names,
  type Dropout,
  type EncoderInputs,
  type Parameters,
} from './encoder.ts';
export { createDecider, type DecisionRule, type TaskAnswer, type TaskRule } from './decision.ts';
export { countOutputs, outputGroups, outputNames, taskOffsets, type OutputGroup } from './output-groups.ts';
export { features, headShapes, logits, type HeadConfig } from './head.ts';
export { isLora, layerMatrices, loraNames, loraShapes, mergeLora, type LayerMatrix, type Lora } from './lora.ts';
export { describeModelFolder } from './describe-model-folder.ts';
export { loadModelFolder } from './load-model-folder.ts';
export {
  freshMaskedLanguageHead,
  maskedLanguageLogits,
  maskedLanguageShapes,
  transform,
  transformShapes,
} from './masked-language-head.ts';
export { readMaskedLanguageHead } from './read-masked-language-head.ts';
export { inputEncoder, type EncodedInput } from './encode-input.ts';
export { expectTemplate, wordRows, type Prompt } from './prompt.ts';
export type { CardResult, ModelCard } from './model-card.ts';
export type { ModelDescription, ModelFolder, SavableModel } from './model-folder.ts';
export { expectModelTarget, saveModelFolder, type SaveModelOptions } from './save-model-folder.ts';
export { saveEnsembleFolder, type EnsembleModel } from './save-ensemble-folder.ts';
export { averageLogits } from './average-logits.ts';
export { bindWeights } from './bind-weights.ts';
export { digestOf } from './digest.ts';
export { readEnsembleJson } from './ensemble-json.ts';
export { replaceFolder } from './replace-folder.ts';
export { saveEncoderFolder, type SavableEncoder } from './save-encoder-folder.ts';
export { tapOutput, traceServingProgram } from './serving-program.ts';
export { openSafetensors, writeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors.ts';
export { loadTextEncoder, type MaskFill, type TextEncoder } from './text-encoder.ts';
export type { TextInput, TextPair } from './text-input.ts';
export { parameterShapes, type Weights } from './weights.ts';
export { resolveEncoder, type ResolveEncoderOptions } from './encoder-source/resolve-encoder.ts';
