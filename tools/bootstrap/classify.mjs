// A client of the inference service in a few lines, from the contract alone: any language with gRPC does the same.
import { join } from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { workspaceRoot } from './run.mjs';

const protos = join(workspaceRoot, 'protos');

/**
 * @param {{ address: string, texts: string[], topK: number }} request
 * @returns {Promise<{ labels: { label: string, probability: number }[] }[]>} one a text, best label first
 */
export const classify = ({ address, texts, topK }) => {
  const definition = protoLoader.loadSync('taxon/inference/v1/inference.proto', { includeDirs: [protos] });
  const { InferenceService } = grpc.loadPackageDefinition(definition).taxon.inference.v1;
  const client = new InferenceService(address, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.classify({ texts, topK }, { deadline: Date.now() + 30_000 }, (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response.predictions);
    });
  });
};
