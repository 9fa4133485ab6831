import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Imports go one way: apps → platform and features → base. A lib sees only what stands below it. */
const boundaries = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:app', 'type:platform', 'type:feature', 'type:base'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:platform', 'type:feature', 'type:base'] },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform', 'type:base'] },
  { sourceTag: 'type:feature', onlyDependOnLibsWithTags: ['type:feature', 'type:base'] },
  { sourceTag: 'type:base', onlyDependOnLibsWithTags: ['type:leaf'] },
  { sourceTag: 'type:leaf', onlyDependOnLibsWithTags: ['type:leaf'] },
  // Finer than the layers: an engine that knew about texts, or texts that knew about models, would be a wrong turn.
  { sourceTag: 'scope:models', notDependOnLibsWithTags: ['scope:training', 'scope:evaluation'] },
  {
    sourceTag: 'scope:app-cli',
    onlyDependOnLibsWithTags: ['type:app', 'type:platform', 'type:feature', 'type:base', 'type:leaf'],
  },
];
for (const rule of boundaries)
  if (rule.onlyDependOnLibsWithTags?.length && !rule.onlyDependOnLibsWithTags.includes('type:leaf'))
    rule.onlyDependOnLibsWithTags.push('type:leaf');

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.cache', 'libs/*/src/gen', '**/assembly', '**/.venv'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: boundaries },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off', // indices that a loop bound proves; noUncheckedIndexedAccess is on
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
    },
  },
  { files: ['**/*.test.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
  prettier,
);
