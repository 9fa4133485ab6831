import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { asDiskError } from '@taxon/cache';
import { TaxonError, invalidInput } from '@taxon/errors';

/** How far an unfinished file is. */
interface State {
  /** Of everything that decides what is in the file. */
  digest: string;
  /** Rows whose texts are all there. */
  rows: number;
  /** How many texts these are. */
  made: number;
  /** Length of the file then; what stands behind is not whole. */
  bytes: number;
}

/** Text that is written at a time. */
const bufferBytes = 1 << 18;

const partOf = (path: string): string => `${path}.part`;
const stateOf = (path: string): string => `${path}.part.json`;

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

const cannotWrite = (path: string, cause: unknown): unknown => {
  if (cause instanceof TaxonError) return cause;
  const full = asDiskError(cause, path);
  if (full !== undefined) return full;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EROFS')
    return new TaxonError({ code: 'permission_denied', message: `${path}: cannot be written: ${message}`, cause });
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
    ? invalidInput(`${path}: cannot be written: ${message}`)
    : cause;
};

/** Whether there is something to go on with. What it was begun with shows when it is opened. */
export const hasPartialFile = (path: string): boolean => existsSync(stateOf(path));

/** A file that appears whole, at `finish`. Until then its beginning lies in `PATH.part`, and can be gone on with. */
export class PartialFile {
  readonly #path: string;
  readonly #digest: string;
  readonly #file: FileHandle;
  #text = '';
  #bytes: number;
  #mark: Omit<State, 'digest'>;
  /** Whether a state with rows lies there. */
  #isSaved: boolean;
  /** Rows that had been gone through when the file was opened, and texts that had been made of them. */
  readonly rows: number;
  readonly made: number;

  private constructor(path: string, digest: string, file: FileHandle, state: Omit<State, 'digest'>) {
    this.#path = path;
    this.#digest = digest;
    this.#file = file;
    this.rows = state.rows;
    this.made = state.made;
    this.#bytes = state.bytes;
    this.#mark = state;
    this.#isSaved = state.rows > 0;
  }

  /**
   * @param resume goes on with what is there
   * @throws TaxonError `failed_precondition` where nothing is there, or it was begun with other options
   */
  static async open(path: string, digest: string, resume: boolean): Promise<PartialFile> {
    try {
      if (!resume) {
        await rm(stateOf(path), { force: true });
        return new PartialFile(path, digest, await open(partOf(path), 'w'), { rows: 0, made: 0, bytes: 0 });
      }
      const state = await readFile(stateOf(path), 'utf8').then(
        (text) => JSON.parse(text) as State,
        () => undefined,
      );
      if (state === undefined)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `there is nothing to resume: ${stateOf(path)} does not exist`,
          hint: 'Run it without resume.',
        });
      if (state.digest !== digest)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `${partOf(path)} was begun with other options or other data`,
          hint: 'Run it with the same options, or without resume to begin again.',
        });
      const file = await open(partOf(path), 'r+');
      await file.truncate(state.bytes);
      return new PartialFile(path, digest, file, state);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** What is there, for reading. */
  get part(): string {
    return partOf(this.#path);
  }

  async write(line: string): Promise<void> {
    this.#text += line;
    if (this.#text.length >= bufferBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#text === '') return;
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    try {
      await this.#file.write(bytes, 0, bytes.length, this.#bytes);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    this.#bytes += bytes.length;
  }

  /** What was written so far is whole: all texts of so many rows. */
  mark(rows: number, made: number): void {
    this.#mark = { rows, made, bytes: this.#bytes + Buffer.byteLength(this.#text) };
  }

  /** From the last mark on the file can be gone on with, whatever happens. */
  async checkpoint(): Promise<void> {
    await this.#flush();
    const state: State = { digest: this.#digest, ...this.#mark };
    const temporary = `${stateOf(this.#path)}.new`;
    try {
      await writeFile(temporary, JSON.stringify(state));
      await rename(temporary, stateOf(this.#path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw cannotWrite(this.#path, error);
    }
    this.#isSaved = state.rows > 0;
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    try {
      await rename(partOf(this.#path), this.#path);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    await rm(stateOf(this.#path), { force: true });
  }

  /** Leaves the beginning, where texts were made that can be gone on with; else nothing. @returns whether it is left */
  async abandon(): Promise<boolean> {
    if (this.#mark.rows > 0) await this.checkpoint().catch(() => undefined); // on a full disk an earlier one is left
    await this.#file.close().catch(() => undefined);
    if (this.#isSaved) return true;
    await rm(partOf(this.#path), { force: true });
    await rm(stateOf(this.#path), { force: true });
    return false;
  }
}
