import type { Command } from 'commander';
import { addRecipeOptions, recipeFrom } from '../recipe-options.ts';
import type { Terminal } from '../terminal.ts';

const examples = `
Examples:
  taxon recipe data.csv > recipe.yaml            every option with its default
  taxon recipe --recipe recipe.yaml --epochs 3   what training would use; exit code 2 when something is wrong`;

/** `taxon recipe`: what a training run would use, every option spelled out. */
export const addRecipeCommand = (program: Command, terminal: Terminal): void => {
  addRecipeOptions(program.command('recipe').description('check a recipe and print it with every option'))
    .option('--json', 'as one JSON line')
    .addHelpText('after', examples)
    .action(async (data: string | undefined, options: Record<string, unknown>) => {
      const recipe = await recipeFrom(data, options);
      if (options['json']) return terminal.out(JSON.stringify(recipe));
      const { stringifyYaml } = await import('../yaml.ts');
      terminal.out(stringifyYaml(recipe).trimEnd());
    });
};
