import { Metadata, status as codes, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { Any, BadRequest, ErrorInfo, Status } from '@taxon/contracts';
import { TaxonError, errorCodes, type ErrorCode, type Violation } from '@taxon/errors';

/** One row an error code. */
const grpcCodes: Record<ErrorCode, codes> = {
  invalid_input: codes.INVALID_ARGUMENT,
  not_found: codes.NOT_FOUND,
  already_exists: codes.ALREADY_EXISTS,
  failed_precondition: codes.FAILED_PRECONDITION,
  resource_exhausted: codes.RESOURCE_EXHAUSTED,
  unavailable: codes.UNAVAILABLE,
  cancelled: codes.CANCELLED,
  deadline_exceeded: codes.DEADLINE_EXCEEDED,
  unauthenticated: codes.UNAUTHENTICATED,
  permission_denied: codes.PERMISSION_DENIED,
  internal: codes.INTERNAL,
};

const detailsKey = 'grpc-status-details-bin';
const typePrefix = 'type.googleapis.com/';

// The status travels in HTTP/2 trailers, for which clients commonly allow 8 KiB in all, percent-encoded or base64.
const maxMessageLength = 1500;
const maxDescriptionLength = 200;
const maxViolations = 12;

const cut = (text: string, length: number): string =>
  // Cutting may split a surrogate pair, and encoding half of one throws.
  (text.length > length ? `${text.slice(0, length - 1)}…` : text).replace(/\p{Surrogate}/gu, '\ufffd');

/** Text that can travel as a gRPC status message. */
export const statusMessage = (text: string): string => cut(text, maxMessageLength);

const packed = (type: string, value: Uint8Array): Any => ({ typeUrl: typePrefix + type, value: Buffer.from(value) });

/** An error as `google.rpc.Status`: the code, the message, `ErrorInfo` with our code and hint, `BadRequest` with the violations. */
export const toRpcStatus = (error: TaxonError): Status => {
  const info = ErrorInfo.encode({
    reason: error.code.toUpperCase(),
    domain: 'taxon',
    metadata: error.hint === undefined ? {} : { hint: cut(error.hint, maxDescriptionLength) },
  });
  const details = [packed('google.rpc.ErrorInfo', info.finish())];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.slice(0, maxViolations).map(({ field, description }) => ({
      field: cut(field, maxDescriptionLength),
      description: cut(description, maxDescriptionLength),
      reason: '',
      localizedMessage: undefined,
    }));
    details.push(packed('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish()));
  }
  return { code: grpcCodes[error.code], message: statusMessage(error.message), details };
};

/** The status that a caller gets for an error; its details are `google.rpc` messages in `grpc-status-details-bin`. */
export const toGrpcStatus = (error: TaxonError): StatusObject => {
  const rpc = toRpcStatus(error);
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(Status.encode(rpc).finish()));
  return { code: grpcCodes[error.code], details: rpc.message, metadata };
};

/** `google.rpc.Status` back as the error it was made from; codes that Taxon does not use become `internal`. */
export const fromRpcStatus = (rpc: Status, cause?: unknown): TaxonError => {
  const violations: Violation[] = [];
  let hint: string | undefined;
  for (const { typeUrl, value } of rpc.details) {
    if (typeUrl === `${typePrefix}google.rpc.BadRequest`)
      violations.push(
        ...BadRequest.decode(value).fieldViolations.map(({ field, description }) => ({ field, description })),
      );
    if (typeUrl === `${typePrefix}google.rpc.ErrorInfo`) hint = ErrorInfo.decode(value).metadata.hint;
  }
  const code = errorCodes.find((name) => (grpcCodes[name] as number) === rpc.code) ?? 'internal';
  return new TaxonError({ code, message: rpc.message, hint, violations, cause });
};

/** What a grpc-js client was told, as the TaxonError that the service threw. */
export const fromGrpcError = (error: ServiceError): TaxonError => {
  const [bytes] = error.metadata.get(detailsKey);
  const details = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  return fromRpcStatus({ code: error.code, message: error.details, details }, error);
};
