import type { Terminal } from '../terminal.ts';
import { plainView } from './plain-view.ts';
import { silentView, type ProgressView } from './progress-view.ts';

/** A live bar on a terminal, plain lines when piped, nothing at all when asked to be quiet or to speak JSON. */
export const createView = async (
  terminal: Terminal,
  { json = false, quiet = false }: { json?: boolean; quiet?: boolean },
): Promise<ProgressView> => {
  if (json || quiet) return silentView;
  if (!terminal.live) return plainView((line) => terminal.err(line));
  const { liveView } = await import('./live-view.ts');
  return liveView(process.stderr, terminal.errColors);
};
