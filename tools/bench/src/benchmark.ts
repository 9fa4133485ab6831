import type { PeerEnvironment } from './peer-environment.ts';

/** Figures by name; units are in the names (`seconds`, `peakMemoryBytes`, `tokensPerSecond`). */
export interface Figures {
  readonly [name: string]:
    number | string | boolean | null | Figures | readonly Figures[] | readonly number[] | undefined;
}

/** Why a side has no figures, e.g. `no python3 here`. */
export interface Skipped {
  skipped: string;
}

export const isSkipped = (side: Figures | Skipped): side is Skipped => typeof side.skipped === 'string';

/** One benchmark's outcome: both sides as measured, and what one is to the other. */
export interface Outcome {
  taxon: Figures | Skipped;
  peer: Figures | Skipped;
  /** Empty when a side is missing. Above 1 Taxon is better, whatever is compared. */
  ratio: Figures;
  /** For a person, instead of the list of all figures. */
  text?: string;
}

/** An option of one benchmark, as `--NAME value`; all of them are text until the benchmark reads them. */
export interface OptionSpec {
  describe: string;
  default?: string;
}

/** Taxon decides by the machine's load, which a peer that ran just before has left high. */
export const spinOption: OptionSpec = {
  describe: 'Taxon: yes: threads spin while they wait, right where the cores are ours alone; no',
  default: 'yes',
};

export type OptionValues = Readonly<Record<string, string | undefined>>;

export interface BenchContext {
  options: OptionValues;
  workspaceRoot: string;
  /** Builds the Python environment at its first call. Skipped where there is no Python, or `--no-peer` is given. */
  peer(): Promise<PeerEnvironment | Skipped>;
  /** What goes on and what came out, for a person; goes to standard error. */
  say: (line: string) => void;
  signal: AbortSignal;
}

export interface Benchmark {
  summary: string;
  options: Readonly<Record<string, OptionSpec>>;
  run(context: BenchContext): Promise<Outcome>;
}
