import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { status as codes } from '@grpc/grpc-js';
import {
  descriptorSetBase64,
  type ReflectionRequest,
  type ReflectionResponse,
  type reflectionContract,
} from '@taxon/contracts';
import type { Implementation } from './contract.ts';

type Answer = NonNullable<ReflectionResponse['messageResponse']>;

interface DescriptorIndex {
  byName: Map<string, FileDescriptorProto>;
  /** Fully qualified messages, fields, enums and their values, services and methods. */
  bySymbol: Map<string, FileDescriptorProto>;
}

function* symbolsOf(message: DescriptorProto, scope: string): Generator<string> {
  const name = scope + message.name;
  yield name;
  for (const field of [...message.field, ...message.oneofDecl, ...message.extension]) yield `${name}.${field.name}`;
  for (const nested of message.nestedType) yield* symbolsOf(nested, `${name}.`);
  for (const { name: enumName, value } of message.enumType) {
    yield `${name}.${enumName}`;
    for (const constant of value) yield `${name}.${constant.name}`;
  }
}

function* symbolsOfFile(file: FileDescriptorProto): Generator<string> {
  const scope = file.package === '' ? '' : `${file.package}.`;
  for (const message of file.messageType) yield* symbolsOf(message, scope);
  for (const { name, value } of file.enumType) {
    yield scope + name;
    for (const constant of value) yield scope + constant.name;
  }
  for (const { name, method } of file.service) {
    yield scope + name;
    for (const { name: methodName } of method) yield `${scope}${name}.${methodName}`;
  }
}

let index: DescriptorIndex | undefined;

/** Read once, at the first question: most servers are never asked. */
const descriptors = (): DescriptorIndex => {
  if (index !== undefined) return index;
  const { file: files } = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64'));
  const byName = new Map(files.map((file) => [file.name, file]));
  const bySymbol = new Map(files.flatMap((file) => [...symbolsOfFile(file)].map((symbol) => [symbol, file] as const)));
  return (index = { byName, bySymbol });
};

/** A file and all that it imports, so that a caller needs no second question. */
const withImports = (file: FileDescriptorProto, seen = new Set<FileDescriptorProto>()): Set<FileDescriptorProto> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const name of file.dependency) withImports(descriptors().byName.get(name)!, seen);
  return seen;
};

const failed = (errorCode: codes, errorMessage: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode, errorMessage },
});

const filesAnswer = (file: FileDescriptorProto | undefined, asked: string): Answer =>
  file === undefined
    ? failed(codes.NOT_FOUND, `${asked} is not known here`)
    : {
        $case: 'fileDescriptorResponse',
        value: {
          fileDescriptorProto: [...withImports(file)].map((each) =>
            Buffer.from(toBinary(FileDescriptorProtoSchema, each)),
          ),
        },
      };

const answer = ({ messageRequest }: ReflectionRequest, services: readonly string[]): Answer => {
  const { byName, bySymbol } = descriptors();
  switch (messageRequest?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return filesAnswer(byName.get(messageRequest.value), `file ${messageRequest.value}`);
    case 'fileContainingSymbol':
      return filesAnswer(bySymbol.get(messageRequest.value.replace(/^\./, '')), `symbol ${messageRequest.value}`);
    case 'fileContainingExtension':
      return failed(codes.NOT_FOUND, `${messageRequest.value.containingType} has no extensions here`);
    case 'allExtensionNumbersOfType':
      return bySymbol.has(messageRequest.value)
        ? { $case: 'allExtensionNumbersResponse', value: { baseTypeName: messageRequest.value, extensionNumber: [] } }
        : failed(codes.NOT_FOUND, `type ${messageRequest.value} is not known here`);
    default:
      return failed(codes.INVALID_ARGUMENT, 'message_request: missing');
  }
};

/** Answers from the committed descriptors. v1 and v1alpha are the same on the wire and in shape. */
export const reflectionImplementation = (services: readonly string[]): Implementation<typeof reflectionContract> => ({
  serverReflectionInfo: async function* (requests) {
    for await (const request of requests)
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, services) };
  },
});
