// Taxon's side of `tokenize`, in a process of its own, so that its first pass is a cold one.
// `node bench-tokenize.js REQUEST` ends with one JSON line.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadTokenizer } from '@taxon/text';
import type { TokenizeAnswer, TokenizeRequest } from './tokenize.ts';

const request = JSON.parse(process.argv[2]!) as TokenizeRequest;
const sets = JSON.parse(await readFile(request.texts, 'utf8')) as Record<string, string[]>;
const answers: Record<string, TokenizeAnswer> = {};
for (const [name, texts] of Object.entries(sets)) {
  // A new one for each set: no word of the set before is remembered.
  const tokenizer = await loadTokenizer(request.folder);
  const rates: number[] = [];
  let ids: Int32Array[] = [];
  for (const end = performance.now() + request.seconds * 1000; rates.length < 3 || performance.now() < end;) {
    const start = performance.now();
    ids = tokenizer.encodeBatch(texts);
    rates.push((1000 * texts.length) / (performance.now() - start));
  }
  const digest = createHash('sha256');
  for (const list of ids) digest.update(list);
  answers[name] = {
    firstPassTextsPerSecond: rates[0]!,
    textsPerSecond: rates.sort((a, b) => a - b)[rates.length >> 1]!,
    tokens: ids.reduce((sum, list) => sum + list.length, 0),
    digest: digest.digest('hex'),
  };
}
console.log(JSON.stringify(answers));
