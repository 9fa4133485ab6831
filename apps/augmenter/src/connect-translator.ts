import { credentials, Metadata } from '@grpc/grpc-js';
import { remoteTranslator, type Translator } from '@taxon/augmentation';
import { TranslatorClient, type TranslateResponse } from '@taxon/contracts';
import { fromGrpcError } from '@taxon/service';

/** For one batch of at most 64 texts; a translator that takes longer has most likely lost it. */
const patienceMilliseconds = 300_000;

/**
 * The user's own `TranslatorService` behind an address, without TLS.
 * @throws TaxonError, when it is asked, as the service answers: `unavailable` where nobody does
 */
export const connectTranslator = (address: string): { translator: Translator; close: () => void } => {
  const client = new TranslatorClient(address, credentials.createInsecure());
  const translate = (
    request: Parameters<typeof client.translate>[0],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<TranslateResponse> =>
    new Promise((resolve, reject) => {
      const abort = (): void => call.cancel();
      const deadline = Date.now() + patienceMilliseconds;
      const call = client.translate(request, new Metadata(), { deadline }, (error, response) => {
        signal?.removeEventListener('abort', abort);
        if (error === null) resolve(response);
        else reject(fromGrpcError(error));
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  return { translator: remoteTranslator({ translate }, address), close: () => client.close() };
};
