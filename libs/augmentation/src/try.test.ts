import { it } from 'vitest';
import { augmentRows, parseAugmentOptions, profileRows } from './index.ts';
const texts = [
  'what is the exchange rate between us dollars and euros today',
  'can you tell me how to replace my lost credit card quickly',
  'please find an apartment for my children',
  'I bought a big car yesterday!',
  '我的信用卡丢了，请帮我重新办理一张',
  '你们的快递太慢了，客服态度也很差',
];
async function* rows() {
  let line = 1;
  for (const text of texts) yield { id: `f:${++line}`, line, text, labels: [[line % 2 ? 'a' : 'b']] };
}
it('tries', async () => {
  for (const name of ['synonyms', 'homophones', 'mix']) {
    const options = parseAugmentOptions({
      methods: [{ name }],
      policy: { perRow: 2 },
      quality: { unique: name !== 'case' },
    });
    const profile = await profileRows(rows(), { seed: 0 });
    const run = augmentRows(rows(), options, { tasks: [{ name: 'label', kind: 'single-label' }], profile });
    for await (const row of run) console.log(name, '|', row.text);
    console.log(JSON.stringify(run.summary().diversity));
  }
}, 60000);
