// What the servers of tests have in common: started from a shell or by a test, told on one line, ended with whoever started them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a server until a signal, or until its parent is gone, or until it ends by itself.
 * @param values `folder`: of its data, else one that goes with it; `with-parent`: ends with standard input
 * @param prefix of the temporary folder
 * @param start resolves once the server is ready: `told` is written to standard output
 */
export const runUntilAsked = async (values, prefix, start) => {
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), prefix)));
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    if (values['with-parent']) process.stdin.resume().once('end', resolve).once('close', resolve);
  });
  try {
    const { told, exited, stop } = await start(folder);
    console.log(JSON.stringify({ ...told, folder }));
    await Promise.race([asked, exited]);
    await stop();
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
};
