import { invalidInput, nearestName } from '@taxon/errors';
import { checkOptions } from './check-options.ts';
import type { Method, MethodKind, MethodResources } from './method.ts';
import { methodNames, methodTable } from './methods/table.ts';
import type { MethodOptions } from './options.ts';

export interface OpenMethod {
  name: string;
  weight: number;
  batch: number;
  method: Method;
}

/** @throws TaxonError `invalid_input` for a name that is none, with the nearest one that is */
export const methodKind = (name: string): MethodKind => {
  if (Object.hasOwn(methodTable, name)) return methodTable[name as keyof typeof methodTable];
  const near = nearestName(name, methodNames);
  throw invalidInput(
    `there is no method ${JSON.stringify(name)}; the methods are: ${methodNames.join(', ')}`,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
    [{ field: 'methods', description: `no method is called ${JSON.stringify(name)}` }],
  );
};

/**
 * The methods' own options, checked; nothing is opened.
 * @throws TaxonError `invalid_input`
 */
export const checkMethods = (methods: readonly MethodOptions[], resources: Pick<MethodResources, 'language'>) =>
  methods.map(({ name, weight, ...own }) => {
    const kind = methodKind(name);
    const options = checkOptions(kind.options, own, name);
    kind.check?.(options, resources);
    return { name, weight, kind, options };
  });

/** Opens every method; closes those that are open when one fails. */
export const openMethods = async (
  methods: readonly MethodOptions[],
  resources: MethodResources,
): Promise<OpenMethod[]> => {
  const checked = checkMethods(methods, resources);
  const open: OpenMethod[] = [];
  try {
    for (const { name, weight, kind, options } of checked)
      open.push({ name, weight, batch: kind.batch, method: await kind.open(options, resources) });
  } catch (error) {
    await closeMethods(open);
    throw error;
  }
  return open;
};

export const closeMethods = async (methods: readonly OpenMethod[]): Promise<void> => {
  for (const { method } of methods) await method.dispose?.();
};
