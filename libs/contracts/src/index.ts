export { descriptorSetBase64 } from './gen/descriptor-set.ts';

export { Any } from './gen/google/protobuf/any.ts';
export { BadRequest, BadRequest_FieldViolation, ErrorInfo } from './gen/google/rpc/error_details.ts';
export { Status } from './gen/google/rpc/status.ts';

export {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
  HealthService as healthContract,
} from './gen/grpc/health/v1/health.ts';
export {
  ServerReflectionClient as ReflectionClient,
  ServerReflectionRequest as ReflectionRequest,
  ServerReflectionResponse as ReflectionResponse,
  ServerReflectionService as reflectionContract,
} from './gen/grpc/reflection/v1/reflection.ts';
export { ServerReflectionService as reflectionV1AlphaContract } from './gen/grpc/reflection/v1alpha/reflection.ts';

export { LabelScores, Scores, Task, TaskKind, TaskScores } from './gen/taxon/common/v1/metrics.ts';

export {
  DescribeRequest,
  DescribeResponse,
  Encoding,
  TokenizeRequest,
  TokenizeResponse,
  TokenizeStreamRequest,
  TokenizeStreamResponse,
  TokenizerServiceClient as TokenizerClient,
  TokenizerServiceService as tokenizerContract,
} from './gen/taxon/tokenizer/v1/tokenizer.ts';

export {
  ClassifyRequest,
  ClassifyResponse,
  ClassifyStreamRequest,
  ClassifyStreamResponse,
  InferenceServiceClient as InferenceClient,
  InferenceServiceService as inferenceContract,
  LabelScore,
  ListModelsRequest,
  ListModelsResponse,
  Model,
  ModelState,
  Prediction,
  TaskPrediction,
} from './gen/taxon/inference/v1/inference.ts';

export {
  AbstainOptions,
  AdaptationOptions,
  AdversarialOptions,
  Adversary,
  Averaging,
  AveragingOptions,
  Ensemble,
  Pruner,
  SearchChoices,
  SearchOptions,
  BalanceOptions,
  BalanceStrategy,
  BalanceWithin,
  CheckpointOptions,
  ClassWeights,
  DataFormat,
  DataOptions,
  Device,
  HeadKind,
  HeadOptions,
  HeadStart,
  HierarchyDecoding,
  HierarchyOptions,
  LabelNames,
  HierarchyTraining,
  LayerMatrix,
  LoggingOptions,
  LoraOptions,
  LossKind,
  LossOptions,
  Metric,
  OptimizerOptions,
  Pooling,
  Precision,
  Recipe,
  Schedule,
  SplitOptions,
  Switch,
  TaskOptions,
  Thresholds,
  WandbMode,
  WandbOptions,
} from './gen/taxon/trainer/v1/recipe.ts';
export {
  CancelTrainingRequest,
  CancelTrainingResponse,
  Checkpoint,
  Evaluation,
  GetTrainingRequest,
  GetTrainingResponse,
  ListTrainingsRequest,
  ListTrainingsResponse,
  Notice,
  NoticeLevel,
  Progress,
  Split,
  Stage,
  StageStart,
  TrainingOfMany,
  TrainingPurpose,
  StartTrainingRequest,
  StartTrainingResponse,
  StateChange,
  TrainerServiceClient as TrainerClient,
  TrainerServiceService as trainerContract,
  Training,
  TrainingResult,
  TrainingState,
  Unit,
  WatchTrainingRequest,
  WatchTrainingResponse,
} from './gen/taxon/trainer/v1/trainer.ts';

export {
  TranslateRequest,
  TranslateResponse,
  TranslatorServiceClient as TranslatorClient,
  TranslatorServiceService as translatorContract,
} from './gen/taxon/augmenter/v1/translator.ts';
