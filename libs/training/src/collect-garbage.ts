import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees now what nothing refers to any longer. Node does so by itself only when something new is allocated, and training
 * steps allocate next to nothing: the weights as loaded would stay beside the state that they were copied into, 330 MiB for
 * BERT-base.
 */
export const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc'); // for contexts that are made from here on
  (runInNewContext('gc') as () => void)();
};
