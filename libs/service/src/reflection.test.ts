import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { credentials } from '@grpc/grpc-js';
import { ReflectionClient, type ReflectionRequest, type ReflectionResponse } from '@taxon/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost, stopTestHosts, type TestHost } from './test-support.ts';

const run = promisify(execFile);
const grpcurl = await run('grpcurl', ['-version']).then(
  () => true,
  () => false,
);

let test: TestHost;
beforeAll(async () => void (test = await startTestHost()));
afterAll(stopTestHosts);

type Question = NonNullable<ReflectionRequest['messageRequest']>;

const ask = async (...questions: Question[]): Promise<ReflectionResponse['messageResponse'][]> => {
  const client = new ReflectionClient(test.address, credentials.createInsecure());
  const call = client.serverReflectionInfo();
  for (const messageRequest of questions) call.write({ host: '', messageRequest });
  call.end();
  const answers: ReflectionResponse['messageResponse'][] = [];
  for await (const { messageResponse } of call as AsyncIterable<ReflectionResponse>) answers.push(messageResponse);
  client.close();
  return answers;
};

const filesIn = (answer: ReflectionResponse['messageResponse']): string[] =>
  answer?.$case === 'fileDescriptorResponse'
    ? answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)
    : [];

describe('reflection', () => {
  it('lists the services, its own and health included', async () => {
    const [answer] = await ask({ $case: 'listServices', value: '' });
    const names = answer?.$case === 'listServicesResponse' ? answer.value.service.map(({ name }) => name) : [];
    expect(names).toEqual([
      'taxon.tokenizer.v1.TokenizerService',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
  });

  it('gives a file with all it imports, well-known types included, by any symbol in it', async () => {
    const symbols = [
      'taxon.trainer.v1.TrainerService',
      'taxon.trainer.v1.TrainerService.WatchTraining',
      '.taxon.trainer.v1.Training.create_time',
      'taxon.trainer.v1.TRAINING_STATE_RUNNING',
    ];
    for (const answer of await ask(...symbols.map((value): Question => ({ $case: 'fileContainingSymbol', value }))))
      expect(filesIn(answer)).toEqual([
        'taxon/trainer/v1/trainer.proto',
        'google/protobuf/timestamp.proto',
        'google/rpc/status.proto',
        'google/protobuf/any.proto',
        'taxon/common/v1/metrics.proto',
        'taxon/trainer/v1/recipe.proto',
      ]);
  });

  it('gives a file by its name, and says what it does not know', async () => {
    const answers = await ask(
      { $case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
      { $case: 'fileByFilename', value: 'nothing.proto' },
      { $case: 'fileContainingSymbol', value: 'taxon.Nothing' },
      { $case: 'allExtensionNumbersOfType', value: 'taxon.trainer.v1.Recipe' },
    );
    expect(filesIn(answers[0])).toEqual(['google/protobuf/timestamp.proto']);
    expect(answers.slice(1)).toMatchObject([
      { $case: 'errorResponse', value: { errorCode: 5, errorMessage: 'file nothing.proto is not known here' } },
      { $case: 'errorResponse', value: { errorCode: 5, errorMessage: 'symbol taxon.Nothing is not known here' } },
      { $case: 'allExtensionNumbersResponse', value: { extensionNumber: [] } },
    ]);
  });

  describe.skipIf(!grpcurl)('with grpcurl (skipped where grpcurl is not installed)', () => {
    const ask = async (...args: string[]) => (await run('grpcurl', ['-plaintext', ...args])).stdout;

    it('lists and describes services, types and well-known types', async () => {
      expect(await ask(test.address, 'list')).toContain('taxon.tokenizer.v1.TokenizerService');
      expect(await ask(test.address, 'describe', 'taxon.tokenizer.v1.TokenizerService')).toContain('rpc Tokenize (');
      expect(await ask(test.address, 'describe', 'taxon.trainer.v1.Training')).toContain(
        '.google.protobuf.Timestamp create_time',
      );
      expect(await ask(test.address, 'describe', 'google.rpc.Status')).toContain(
        'repeated .google.protobuf.Any details',
      );
      expect(await ask(test.address, 'describe', 'grpc.reflection.v1alpha.ServerReflection')).toContain(
        'service ServerReflection',
      );
    });

    it('calls a method in JSON, and health', async () => {
      const answer = await ask(
        '-d',
        '{"texts": ["abc"]}',
        test.address,
        'taxon.tokenizer.v1.TokenizerService/Tokenize',
      );
      expect(JSON.parse(answer)).toEqual({ encodings: [{ ids: [3] }] });
      expect(await ask(test.address, 'grpc.health.v1.Health/Check')).toContain('SERVING');
    });
  });
});
