import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  DistillerClient,
  StartDistillationRequest,
  type GetJobResponse,
  type Job,
  type StartDistillationResponse,
  type WatchJobResponse,
} from '@taxon/contracts';
import { saveModelFolder } from '@taxon/models';
import { card, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { fromGrpcError } from '@taxon/service';

export type Event = WatchJobResponse['event'];

/** A call of a client as a promise; errors as the service threw them. */
export const ask = <Response>(
  call: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(fromGrpcError(error));
    });
  });

export const connect = (port: number) => {
  const client = new DistillerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    client,
    startDistillation: async (distillation: object, resume = false): Promise<string> => {
      const request = StartDistillationRequest.fromPartial({ distillation, resume });
      return (await ask<StartDistillationResponse>((done) => client.startDistillation(request, done))).jobId;
    },
    get: async (jobId: string): Promise<Job> =>
      (await ask<GetJobResponse>((done) => client.getJob({ jobId }, done))).job!,
    /** Follows a job to its end; `act` is called once, at the first event that it is to act at. */
    watch: async (
      jobId: string,
      at: (event: Event) => boolean = () => false,
      act: () => void = () => undefined,
    ): Promise<Event[]> => {
      const events: Event[] = [];
      let acted = false;
      const stream = client.watchJob({ jobId, afterSequence: 0n }) as AsyncIterable<WatchJobResponse>;
      for await (const { event } of stream) {
        events.push(event);
        if (acted || !at(event)) continue;
        acted = true;
        act();
      }
      return events;
    },
  };
};

/** What happened, a word each. */
export const casesOf = (events: readonly Event[]) =>
  events.map((event) => (event?.$case === 'stateChange' ? event.value.state : event?.$case));

export const labels = ['close', 'lost', 'rate'];

/** A real teacher of three classes, untrained. */
export const writeTeacher = async (folder: string, encoder: string, own: string[] = labels): Promise<void> => {
  await writeEncoderFolder(encoder);
  const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, own);
  await saveModelFolder(folder, model, { tokenizerFrom: encoder, card });
};

const phrases = {
  lost: ['my card was lost', 'lost card please help', 'card lost what now', 'a lost card', 'help my new card was lost'],
  rate: ['what is the rate today', 'today rate please', 'the rate of money', 'is the rate new', 'what rate is it'],
  close: ['close my account', 'please close the account', 'account close today', 'close open account', 'help close it'],
};

/** `data.jsonl`, with texts of three classes. */
export const writeData = (folder: string): Promise<void> => {
  const rows = Object.entries(phrases).flatMap(([label, texts]) =>
    texts.flatMap((text) => Array.from('abcdefghij', (letter) => JSON.stringify({ text: `${text} ${letter}`, label }))),
  );
  return writeFile(join(folder, 'data.jsonl'), rows.join('\n'));
};
