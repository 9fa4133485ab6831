import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeModelFolder, expectModelTarget, loadModelFolder, saveModelFolder, type HeadConfig } from './index.ts';
import {
  card,
  encoderJson,
  randomWeights,
  temporaryFolder,
  tinyEncoder,
  tinyModel,
  oneTask,
  writeEncoderFolder,
  writeJson,
} from './testing.ts';

const dense = { kind: 'dense', pooling: 'mean', normalize: true } as const;
const heads: Omit<HeadConfig, 'classes'>[] = [
  dense,
  { kind: 'dense', pooling: 'cls', normalize: false },
  { kind: 'pooler', pooling: 'cls', normalize: false },
];

let root: string;
let encoderFolder: string;
const fresh = async (name: string): Promise<string> => {
  const folder = join(root, name);
  await rm(folder, { recursive: true, force: true });
  return folder;
};
const saved = async (name: string, head: Omit<HeadConfig, 'classes'> = dense): Promise<string> => {
  const folder = await fresh(name);
  await saveModelFolder(folder, tinyModel(head), { tokenizerFrom: encoderFolder, card });
  return folder;
};
const edit = async (path: string, change: (json: Record<string, unknown>) => void): Promise<void> => {
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(json);
  await writeJson(path, json);
};
/** A copy without digests: as if others had made it. */
const foreign = async (name: string, head?: Omit<HeadConfig, 'classes'>): Promise<string> => {
  const folder = await saved(name, head);
  await rm(join(folder, 'taxon.json'));
  return folder;
};

beforeAll(async () => {
  root = await temporaryFolder();
  encoderFolder = join(root, 'encoder');
  await writeEncoderFolder(encoderFolder);
  return () => rm(root, { recursive: true });
});

describe('a saved model loads again', () => {
  for (const head of heads)
    it(`${head.kind}, ${head.pooling}, ${head.normalize ? 'normalised' : 'plain'}`, async () => {
      const model = tinyModel(head);
      const folder = await fresh('round-trip');
      await saveModelFolder(folder, model, { tokenizerFrom: encoderFolder, card, lineage: { recipe: { seed: 1 } } });
      const loaded = await loadModelFolder(folder);
      expect(loaded).toMatchObject({
        encoder: tinyEncoder,
        head: model.head,
        space: model.space,
        pooling: head.pooling,
        normalize: head.normalize,
        maxLength: 24,
        padId: 0,
      });
      expect(loaded.weights).toEqual(model.weights);
    });

  it('again when others have copied it without taxon.json', async () => {
    const folder = await foreign('copied');
    expect(await loadModelFolder(folder)).toMatchObject({ head: { ...dense, classes: 3 }, maxLength: 24 });
  });

  it('with every file listed in taxon.json', async () => {
    const folder = await saved('listed');
    const { digests } = JSON.parse(await readFile(join(folder, 'taxon.json'), 'utf8')) as { digests: object };
    expect(Object.keys(digests)).toEqual(
      expect.arrayContaining(['model.safetensors', 'onnx/model.onnx', '3_Dense/model.safetensors', 'README.md']),
    );
    expect(Object.keys(digests)).not.toContain('taxon.json');
  });
});

describe('a plain encoder', () => {
  it('loads without a head', async () => {
    const loaded = await loadModelFolder(encoderFolder);
    expect(loaded).toMatchObject({ pooling: 'mean', normalize: false, maxLength: tinyEncoder.positions });
    expect([loaded.head, loaded.space]).toEqual([undefined, undefined]);
    expect(loaded.weights).toEqual(randomWeights(tinyEncoder));
  });

  it('tells the pooling of its sentence-transformers modules', async () => {
    const folder = await fresh('sentence');
    await cp(encoderFolder, folder, { recursive: true });
    const types = ['Transformer', 'Pooling', 'Normalize'];
    const modules = types.map((type, i) => ({
      idx: i,
      path: i === 0 ? '' : `${i}_${type}`,
      type: `sentence_transformers.models.${type}`,
    }));
    await writeJson(join(folder, 'modules.json'), modules);
    await mkdir(join(folder, '1_Pooling'));
    await writeJson(join(folder, '1_Pooling', 'config.json'), { embedding_dimension: 32, pooling_mode: 'cls' });
    await writeJson(join(folder, 'sentence_bert_config.json'), { max_seq_length: 16 });
    const description = await describeModelFolder(folder);
    expect(description).toMatchObject({ pooling: 'cls', normalize: true, maxLength: 16 });
    expect(description.head).toBeUndefined();
  });
});

describe('what is wrong is named', () => {
  const cases: [string, RegExp, (folder: string) => Promise<void>][] = [
    ['a changed file', /model\.safetensors: its SHA-256 is/, (folder) =>
      writeFile(join(folder, 'model.safetensors'), Buffer.alloc(8), { flag: 'r+' })], // prettier-ignore
    ['a missing file', /vocab\.txt: cannot be read/, (folder) => rm(join(folder, 'vocab.txt'))],
    ['a later format', /taxon\.json: formatVersion: is 9; this version of Taxon reads 2/, (folder) =>
      edit(join(folder, 'taxon.json'), (json) => (json.formatVersion = 9))], // prettier-ignore
    ['a path out of the folder', /taxon\.json: digests/, (folder) =>
      edit(join(folder, 'taxon.json'), (json) => (json.digests = { '../x': 'a'.repeat(64) }))], // prettier-ignore
    ['no config', /config\.json does not exist/, (folder) => rm(join(folder, 'config.json'))],
  ];
  for (const [name, message, damage] of cases)
    it(name, async () => {
      const folder = await saved('damaged');
      await damage(folder);
      await expect(loadModelFolder(folder)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringMatching(message),
      });
    });

  const foreignCases: [string, RegExp, string, (json: Record<string, unknown>) => void][] = [
    ['max pooling', /pooling is 'max'; supported: mean, cls/, '1_Pooling/config.json', (json) =>
      Object.assign(json, { pooling_mode_mean_tokens: false, pooling_mode_max_tokens: true })], // prettier-ignore
    ['two poolings', /pooling is 'cls\+mean'/, '1_Pooling/config.json', (json) =>
      (json.pooling_mode_cls_token = true)], // prettier-ignore
    ['an activation', /activation_function is '.*Tanh'; supported: Identity/, '3_Dense/config.json', (json) =>
      (json.activation_function = 'torch.nn.modules.activation.Tanh')], // prettier-ignore
    ['another width', /in_features is 31; the encoder's hidden_size is 32/, '3_Dense/config.json', (json) =>
      (json.in_features = 31)], // prettier-ignore
    ['more classes than numbers', /tensor 'linear\.weight' is \[3, 32\]; its config says \[4, 32\]/, '3_Dense/config.json',
      (json) => ((json.out_features = 4))], // prettier-ignore
    ['another model type', /model_type is 'roberta'; supported: bert/, 'config.json', (json) =>
      (json.model_type = 'roberta')], // prettier-ignore
    ['a gap in id2label', /id2label has no label for class 1/, 'config.json', (json) =>
      (json.id2label = { 0: 'a', 2: 'b', 3: 'c' })], // prettier-ignore
    ['a label twice', /id2label names both class 0 and class 2 'a'/, 'config.json', (json) =>
      (json.id2label = { 0: 'a', 1: 'b', 2: 'a' })], // prettier-ignore
    ['too few labels', /id2label has 2 labels; the classifier's weights have 3 classes/, 'config.json', (json) =>
      (json.id2label = { 0: 'a', 1: 'b' })], // prettier-ignore
    ['a problem of another type', /problem_type is 'regression'/, 'config.json', (json) =>
      (json.problem_type = 'regression')], // prettier-ignore
    ['a prompt', /default_prompt_name is 'query'/, 'config_sentence_transformers.json', (json) =>
      Object.assign(json, { default_prompt_name: 'query', prompts: { query: 'q: ' } })], // prettier-ignore
  ];
  for (const [name, message, file, change] of foreignCases)
    it(name, async () => {
      const folder = await foreign('foreign');
      await edit(join(folder, file), (json) => {
        change(json);
      });
      if (file === '3_Dense/config.json') await edit(join(folder, 'config.json'), (json) => delete json.id2label);
      await expect(loadModelFolder(folder)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringMatching(message),
      });
    });

  it('modules in another order', async () => {
    const folder = await foreign('order');
    const path = join(folder, 'modules.json');
    const modules = JSON.parse(await readFile(path, 'utf8')) as unknown[];
    await writeJson(path, [modules[0], modules[1], modules[3], modules[2]]);
    await expect(loadModelFolder(folder)).rejects.toThrow(/the modules are Transformer, Pooling, Dense, Normalize/);
    await writeJson(path, [modules[0], { path: '../../etc', type: 'sentence_transformers.models.Pooling' }]);
    await expect(loadModelFolder(folder)).rejects.toThrow(/module 1 has path '..\/..\/etc', which leaves/);
  });

  it('weights in a format that is not read', async () => {
    const folder = await fresh('pickled');
    await mkdir(folder);
    await writeJson(join(folder, 'config.json'), encoderJson(tinyEncoder));
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    await expect(loadModelFolder(folder)).rejects.toMatchObject({
      message: expect.stringMatching(/model\.safetensors does not exist/),
      hint: expect.stringMatching(/pytorch_model\.bin is not supported/),
    });
  });

  it('no folder at all', async () => {
    await expect(loadModelFolder(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('saving', () => {
  it('replaces a model of ours, keeps its run, and leaves nothing else behind', async () => {
    const folder = await saved('replaced');
    await mkdir(join(folder, 'run'));
    await writeFile(join(folder, 'run', 'metrics.json'), '{}');
    await writeFile(join(folder, 'stale.txt'), '');
    await saveModelFolder(folder, tinyModel(heads[2]!), { tokenizerFrom: encoderFolder, card });
    expect((await loadModelFolder(folder)).head?.kind).toBe('pooler');
    expect(await readdir(folder)).toContain('run');
    expect(await readdir(folder)).not.toContain('stale.txt');
    expect(await readdir(folder)).not.toContain('modules.json');
    expect((await readdir(root)).filter((name) => name.startsWith('.replaced'))).toEqual([]);
  });

  it('takes its tokenizer from the folder that it replaces', async () => {
    const folder = await saved('retrained');
    const { head, space, ...loaded } = await loadModelFolder(folder);
    await saveModelFolder(folder, { ...loaded, head: head!, space: space! }, { tokenizerFrom: folder, card });
    expect((await loadModelFolder(folder)).space).toEqual(oneTask(['lost', 'rate', 'other']));
  });

  it('fills an empty folder and one that holds only a run', async () => {
    const folder = await fresh('begun');
    await mkdir(join(folder, 'run'), { recursive: true });
    await expectModelTarget(folder);
    await saveModelFolder(folder, tinyModel(dense), { tokenizerFrom: encoderFolder, card });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['run', 'taxon.json']));
  });

  it('refuses a folder that is not ours, and leaves it alone', async () => {
    const folder = await fresh('theirs');
    await mkdir(folder);
    await writeFile(join(folder, 'thesis.txt'), 'years of work');
    const refusal = { code: 'already_exists', message: expect.stringContaining("holds 'thesis.txt'") };
    await expect(expectModelTarget(folder)).rejects.toMatchObject(refusal);
    await expect(
      saveModelFolder(folder, tinyModel(dense), { tokenizerFrom: encoderFolder, card }),
    ).rejects.toMatchObject(refusal);
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  it('stops when asked, and leaves nothing behind', async () => {
    const folder = await fresh('stopped');
    const options = { tokenizerFrom: encoderFolder, card, signal: AbortSignal.abort() };
    await expect(saveModelFolder(folder, tinyModel(dense), options)).rejects.toThrow(/abort/i);
    expect((await readdir(root)).filter((name) => name.includes('stopped'))).toEqual([]);
  });

  it('refuses labels that do not fit the head', async () => {
    const model = { ...tinyModel(dense), space: oneTask(['a', 'a', 'b']) };
    await expect(saveModelFolder(join(root, 'x'), model, { tokenizerFrom: encoderFolder, card })).rejects.toThrow(
      '3 labels, 2 of them distinct, for 3 classes',
    );
  });

  it('writes measured results, and only those, on the card', async () => {
    const folder = await fresh('carded');
    const results = [
      { split: 'test', examples: 120, figures: { accuracy: 0.925, 'macro F1': 0.91, 'weighted F1': 0.92 } },
    ];
    await saveModelFolder(folder, tinyModel(dense), {
      tokenizerFrom: encoderFolder,
      card: { name: 'intents', baseModel: 'tiny/encoder', results },
    });
    const text = await readFile(join(folder, 'README.md'), 'utf8');
    expect(text).toContain('| test | 120 | 92.50 % | 91.00 % | 92.00 % |');
    expect(text).toContain('base_model: "tiny/encoder"');
    expect(text).not.toContain('license');
  });
});
