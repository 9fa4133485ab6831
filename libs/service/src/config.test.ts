import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaxonError } from '@taxon/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveHostConfig } from './host-config.ts';
import { describeServices } from './index.ts';
import { echoService, watchService } from './test-support.ts';

const tokenizer = echoService();
const trainer = watchService(async function* () {
  // Ends at once.
});

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'taxon-config-'))));
afterAll(() => rm(folder, { recursive: true }));

const file = async (text: string): Promise<string> => {
  const path = join(folder, `${Math.random()}.yaml`);
  await writeFile(path, text);
  return path;
};

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown as TaxonError,
  );
  expect(error?.code).toBe('invalid_input');
  return error!.message;
};

describe('configuration', () => {
  it('takes defaults when nothing is given', async () => {
    const { server, services } = await resolveHostConfig([tokenizer], {});
    expect(server).toMatchObject({ port: 50_051, metricsPort: 9464, host: '127.0.0.1', maxMessageBytes: 4_194_304 });
    expect(services.tokenizer).toEqual({ greeting: 'hello', maxTexts: 5, loud: false, models: [] });
  });

  it('lets a flag win over a variable, a variable over the file, the file over the default', async () => {
    const path = await file('tokenizer: { port: 1, metricsPort: 2, maxTexts: 3, greeting: file }');
    const { server, services } = await resolveHostConfig([tokenizer], {
      argv: ['--config', path, '--port', '11'],
      env: { TAXON_TOKENIZER_PORT: '21', TAXON_TOKENIZER_METRICS_PORT: '22' },
    });
    expect(server).toMatchObject({ port: 11, metricsPort: 22 });
    expect(services.tokenizer).toMatchObject({ maxTexts: 3, greeting: 'file' });
  });

  it('takes long and short flags, switches both ways, and lists in every form', async () => {
    const argv = ['--tokenizer.max-texts=7', '--loud', '--models', 'a=1,b', '--models=["c,d"]'];
    const { services } = await resolveHostConfig([tokenizer], { argv });
    expect(services.tokenizer).toMatchObject({ maxTexts: 7, loud: true, models: ['a=1', 'b', 'c,d'] });
    const env = { TAXON_TOKENIZER_LOUD: 'true' };
    expect((await resolveHostConfig([tokenizer], { argv: ['--no-loud'], env })).services.tokenizer).toMatchObject({
      loud: false,
    });
  });

  it('shares one server section between services that are hosted together', async () => {
    const path = await file(JSON.stringify({ server: { port: 5 }, trainer: { greeting: 'x' } }));
    const { server, services } = await resolveHostConfig([tokenizer, trainer], { env: { TAXON_CONFIG: path } });
    expect(server.port).toBe(5);
    expect(services).toMatchObject({ tokenizer: { greeting: 'hello' }, trainer: { greeting: 'x' } });
  });

  it('ignores what Kubernetes says of a Service that has the name of a section', async () => {
    const env = {
      TAXON_TOKENIZER_PORT: 'tcp://10.0.0.1:80',
      TAXON_TOKENIZER_SERVICE_HOST: '10.0.0.1',
      TAXON_TOKENIZER_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect((await resolveHostConfig([tokenizer], { env })).server.port).toBe(50_051);
  });

  it.each([
    ['--prot', ['--prot', '1'], "--prot: unknown; did you mean '--port'?"],
    ['a value out of range', ['--port', '70000'], '--port: Too big: expected number to be <=65535 (got 70000)'],
    [
      'a value of the wrong type',
      ['--port', 'high'],
      '--port: Invalid input: expected number, received string (got "high")',
    ],
    ['a missing value', ['--port'], '--port: needs a value (number)'],
    ['an unknown flag and not its value too', ['--greting', 'x'], /^--greting: unknown; did you mean '--greeting'\?$/],
    ['an argument', ['serve'], 'serve: unexpected argument; options start with --'],
    [
      'an ambiguous short flag',
      ['--greeting', 'x'],
      '--greeting: ambiguous; write --tokenizer.greeting or --trainer.greeting',
    ],
  ])('refuses %s', async (_, argv, message) => {
    const definitions = argv[0] === '--greeting' ? [tokenizer, trainer] : [tokenizer];
    expect(await messageOf(resolveHostConfig(definitions, { argv }))).toMatch(message);
  });

  it('lists every wrong key of every source at once', async () => {
    const path = await file('tokenizer: { maxText: 3, greeting: 5 }\ntrianer: {}\n');
    const env = { TAXON_TOKENIZER_LOUDD: '1', TAXON_CACHE: 'elsewhere' };
    const message = await messageOf(resolveHostConfig([tokenizer, trainer], { argv: ['--config', path], env }));
    expect(message).toContain(`${path}: tokenizer.maxText: unknown; did you mean 'maxTexts'?`);
    expect(message).toContain(`${path}: tokenizer.greeting: Invalid input: expected string, received number (got 5)`);
    expect(message).toContain(`${path}: trianer: unknown; did you mean 'trainer'?`);
    expect(message).toContain("TAXON_TOKENIZER_LOUDD: unknown; did you mean 'TAXON_TOKENIZER_LOUD'?");
    expect(message).not.toContain('TAXON_CACHE');
  });

  it('names a file that cannot be read, is not YAML, or is no mapping', async () => {
    expect(await messageOf(resolveHostConfig([tokenizer], { argv: ['--config', 'nowhere.yaml'] }))).toMatch(
      /^--config: cannot read nowhere.yaml/,
    );
    expect(await messageOf(resolveHostConfig([tokenizer], { argv: ['--config', await file('a: [')] }))).toContain(
      'not valid YAML or JSON',
    );
    expect(await messageOf(resolveHostConfig([tokenizer], { argv: ['--config', await file('- a')] }))).toContain(
      'this is a list',
    );
    expect(
      await messageOf(resolveHostConfig([tokenizer], { argv: ['--config', await file('tokenizer: 5')] })),
    ).toContain('tokenizer: must hold keys, got 5');
  });

  it('never shows a secret', async () => {
    const env = { TAXON_TOKENIZER_TOKEN: '' };
    const path = await file('tokenizer: { token: [hunter2] }');
    expect(await messageOf(resolveHostConfig([tokenizer], { argv: ['--config', path] }))).not.toContain('hunter2');
    expect(await messageOf(resolveHostConfig([tokenizer], { env }))).toContain('TAXON_TOKENIZER_TOKEN');
  });

  it('reads back any text and number, whatever the source', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.integer({ min: 1, max: 10 }), async (greeting, maxTexts) => {
        const expected = { greeting, maxTexts };
        const sources = [
          { argv: [`--greeting=${greeting}`, `--max-texts=${maxTexts}`] },
          { env: { TAXON_TOKENIZER_GREETING: greeting, TAXON_TOKENIZER_MAX_TEXTS: String(maxTexts) } },
          { settings: { tokenizer: expected } },
        ];
        for (const source of sources)
          expect((await resolveHostConfig([tokenizer], source)).services.tokenizer).toMatchObject(expected);
      }),
    );
  });
});

describe('help', () => {
  it('shows each key with its flag, type, default, meaning and variable', () => {
    const text = describeServices([tokenizer]);
    expect(text).toContain('tokenizer: answers with the lengths of the texts');
    expect(text).toMatch(/--max-texts <number> +texts a request \[default 5, env TAXON_TOKENIZER_MAX_TEXTS\]/);
    expect(text).toMatch(
      /--log-level <trace\|debug\|info\|warn\|error\|silent>\n +least severe line written \[default info, /,
    );
    expect(text).toMatch(/--token <string> +bearer token that callers must send \[env TAXON_TOKENIZER_TOKEN\]/);
  });

  it('shows long flags where short ones would be ambiguous', () => {
    const text = describeServices([tokenizer, trainer]);
    expect(text).toContain('--tokenizer.greeting <string>');
    expect(text).toContain('--trainer.greeting <string>');
    expect(text).toContain('env TAXON_SERVER_PORT');
  });
});
