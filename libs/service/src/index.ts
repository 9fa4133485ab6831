export { connect, type Connection, type ConnectOptions, type Called, type Send } from './connect.ts';
export { type CallContext, type Contract, type Handler, type Implementation } from './contract.ts';
export { type ConfigSources } from './config.ts';
export {
  defineService,
  type AnyServiceDefinition,
  type RunningService,
  type ServiceContext,
  type ServiceDefinition,
} from './define-service.ts';
export { fromGrpcError, fromRpcStatus, toRpcStatus } from './grpc-status.ts';
export { hostServices, type Host, type HostOptions } from './host.ts';
export { lifecycleStates, type LifecycleState } from './lifecycle.ts';
export { type Logger } from './logger.ts';
export { describeServices, runServices } from './run-services.ts';
export { serverConfig, type ServerConfig } from './server-config.ts';
