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
  FeedbackRequest,
  FeedbackResponse,
  InferenceServiceClient as InferenceClient,
  InferenceServiceService as inferenceContract,
  LabelScore,
  ListModelsRequest,
  ListModelsResponse,
  Model,
  ModelState,
  Prediction,
  RightAnswer,
  RightTask,
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
  type TranslatorServiceServer as TranslatorServer,
} from './gen/taxon/augmenter/v1/translator.ts';
export { JobState, Notice as JobNotice } from './gen/taxon/common/v1/jobs.ts';

export {
  CalibrationMethod,
  CompressedForm,
  Compression,
  Distillation,
  Importance,
  LabelledFile,
  LabelMatching,
  Signals,
  Student,
  Teacher,
  TextFile,
  Unlabelled,
  Vocabulary,
} from './gen/taxon/distiller/v1/options.ts';
export {
  CancelJobRequest,
  CancelJobResponse,
  CompressionResult,
  DistillationResult,
  DistillerServiceClient as DistillerClient,
  DistillerServiceService as distillerContract,
  GenerationStart,
  GetJobRequest,
  GetJobResponse,
  Job,
  JobResult,
  ListJobsRequest,
  ListJobsResponse,
  MeasuredModel,
  ModelSize,
  PartCost,
  Progress as DistillerProgress,
  Stage as DistillerStage,
  StartCompressionRequest,
  StartCompressionResponse,
  StartDistillationRequest,
  StartDistillationResponse,
  Unit as DistillerUnit,
  WatchJobRequest,
  WatchJobResponse,
} from './gen/taxon/distiller/v1/distiller.ts';

export {
  AugmentationOptions,
  LargestOrMedian,
  MethodChoice,
  Policy as AugmentationPolicy,
  Quality as AugmentationQuality,
  RowSelection,
} from './gen/taxon/augmenter/v1/options.ts';
export {
  Augmentation,
  AugmentationJob,
  AugmentationResult,
  AugmenterServiceClient as AugmenterClient,
  AugmenterServiceService as augmenterContract,
  AugmentRequest,
  AugmentResponse,
  CancelAugmentationRequest,
  CancelAugmentationResponse,
  GetAugmentationRequest,
  GetAugmentationResponse,
  ListAugmentationsRequest,
  ListAugmentationsResponse,
  ListMethodsRequest,
  ListMethodsResponse,
  Method,
  NewRow,
  Row,
  Stage as AugmenterStage,
  StartAugmentationRequest,
  StartAugmentationResponse,
  StreamOptions,
  Summary as AugmentationSummary,
  WatchAugmentationRequest,
  WatchAugmentationResponse,
} from './gen/taxon/augmenter/v1/augmenter.ts';

export { JobEnded } from './gen/taxon/events/v1/job.ts';
export { DriftMeasured } from './gen/taxon/events/v1/drift.ts';
export {
  Comparison,
  ModelPromoted,
  ModelRefused,
  ModelRolledBack,
  ModelShadowed,
} from './gen/taxon/events/v1/model.ts';
export { Answer, FeedbackGiven, PredictionMade, RightLabels, TaskLabels } from './gen/taxon/events/v1/prediction.ts';
export { Reason, Trigger } from './gen/taxon/events/v1/reason.ts';
export {
  TrainingCompleted,
  TrainingFailed,
  TrainingRequested,
  TrainingStarted,
} from './gen/taxon/events/v1/training.ts';
export { WorkDone, WorkRequested } from './gen/taxon/events/v1/work.ts';

export {
  AddRowsRequest,
  AddRowsResponse,
  Decision,
  GetStatusRequest,
  GetStatusResponse,
  LabelledText,
  MonitorServiceClient as MonitorClient,
  MonitorServiceService as monitorContract,
  PromoteRequest,
  PromoteResponse,
  Request as MonitorRequest,
  RequestState,
  RequestTrainingRequest,
  RequestTrainingResponse,
  RollBackRequest,
  RollBackResponse,
  Verdict,
} from './gen/taxon/monitor/v1/monitor.ts';
