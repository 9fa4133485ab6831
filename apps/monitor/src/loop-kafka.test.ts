import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RequestState, Verdict } from '@taxon/contracts';
import { openEventBus } from '@taxon/events';
import { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from '@taxon/events/testing';
import { writeEncoderFolder } from '@taxon/models/testing';
import { openPlace, openRegistry } from '@taxon/registry';
import { expect, it } from 'vitest';
import { about, model, openClients, patience, rowsOf, startServices, trainModel } from './test-loop.ts';

const missing = await whyNoKafka();

it.skipIf(missing !== undefined)(
  `the loop learns a new class on Kafka: trained, compared, promoted, served (${kafkaNeeds})`,
  { timeout: 120_000 },
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'taxon-loop-kafka-'));
    await using kafka = await openTestKafka();
    await writeEncoderFolder(join(root, 'encoder'));
    const folder = await trainModel(root, 'good', rowsOf(200), rowsOf(240));
    const registry = openRegistry(openPlace(join(root, 'registry')));
    await registry.register({ model, folder, lineage: { how: 'trained' } });
    await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
    const bus = await openEventBus({ url: `kafka://${kafka.brokers.join()}`, kafka: { prefix: testPrefix() } });
    const host = await startServices(root, bus, { newRows: 30 });
    try {
      const { classify, addRows, feedback, status } = openClients(`127.0.0.1:${host.port}`);
      const { predictions } = await classify(about('lost'));
      await feedback(predictions[0]!.predictionId, 'lost');
      await expect.poll(async () => (await status()).judged, patience).toBe(1);
      await addRows(Array.from({ length: 60 }, () => ({ text: about('close'), label: 'close' })));
      await expect.poll(async () => (await classify(about('close'))).version, patience).toBe(2);
      const answers = await classify(about('close'), about('lost'), about('rate'));
      expect(answers.predictions.map(({ answer }) => answer[0])).toEqual(['close', 'lost', 'rate']);
      expect(await status()).toMatchObject({
        lastRequest: { state: RequestState.REQUEST_STATE_DECIDED, version: 2 },
        lastDecision: { verdict: Verdict.VERDICT_PROMOTED, version: 2 },
      });
      const history = await registry.history(model);
      const promotions = history.filter(({ by, change }) => by === 'monitor' && change.kind === 'alias' && change.alias === 'serving'); // prettier-ignore
      expect(promotions).toHaveLength(1);
    } finally {
      await host.stop();
      await bus.close();
      await rm(root, { recursive: true });
    }
  },
);
