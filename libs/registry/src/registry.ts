/** Where a version comes from. Plain JSON. */
export interface Lineage {
  /** How it was made. */
  how: 'trained' | 'distilled' | 'compressed' | 'imported';
  /** The version that it was made of. */
  parent?: number;
  /** Digests of its data, by what they are, e.g. `data`, `rows`. */
  data?: Readonly<Record<string, string | readonly string[]>>;
  /** With every default filled in. */
  recipe?: unknown;
  /** Of the Taxon that made it. */
  codeVersion?: string;
  /** Of the training, distillation or compression. */
  jobId?: string;
  /** Why it was made. */
  reason?: string;
}

/** Scores by part and figure, each within 0..1: `{validation: {accuracy: 0.97}}`. */
export type VersionScores = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface ManifestFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** SHA-256 */
  readonly digest: string;
  readonly bytes: number;
}

/** What a version is: never changed. */
export interface Manifest {
  readonly manifestVersion: 1;
  readonly model: string;
  /** By path. */
  readonly files: readonly ManifestFile[];
  /** SHA-256 over paths and digests. */
  readonly contentDigest: string;
  readonly lineage: Lineage;
  readonly scores: VersionScores;
}

export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly contentDigest: string;
  /** Of all of its files. */
  readonly bytes: number;
  /** By rising name. */
  readonly aliases: readonly string[];
  readonly manifest: () => Promise<Manifest>;
}

export interface ModelState {
  readonly model: string;
  /** Those that were not removed, rising. */
  readonly versions: readonly ModelVersion[];
  readonly aliases: ReadonlyMap<string, number>;
  /** Changes that were made to the model; grows with each. */
  readonly revision: number;
}

/** One line of a model's audit log. */
export interface HistoryEntry {
  /** From 1, without gaps. */
  readonly revision: number;
  readonly at: Date;
  /** Who did it: a service, a person. */
  readonly by: string;
  readonly change:
    | { kind: 'registered'; version: number; contentDigest: string; manifestDigest: string; bytes: number }
    | { kind: 'alias'; alias: string; from: number | undefined; to: number | undefined }
    | { kind: 'note'; version: number | undefined }
    | { kind: 'removed'; version: number }
    /** A lease came between a removal and its end. */
    | { kind: 'restored'; version: number };
  readonly reason: string;
  /** What decided, as JSON; e.g. a gate's comparisons. */
  readonly details?: unknown;
  /** The cause: the same event changes a model once. */
  readonly eventId?: string;
}

/** Who changes a model, and why. */
export interface Cause {
  by: string;
  reason?: string;
  details?: unknown;
  /** Asked for twice under one id, a change is made once. */
  eventId?: string;
}

export interface RegisterOptions extends Partial<Cause> {
  model: string;
  /** Model folder. Hidden files are left out. */
  folder: string;
  lineage: Lineage;
  scores?: VersionScores;
  /** Bytes that are stored, as they are. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface CheckOutOptions {
  /** A folder of one's own, which must not be there yet. @default one of the cache, made once a version */
  folder?: string;
  /** Bytes. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface MoveAliasOptions extends Cause {
  model: string;
  alias: string;
  /** Undefined takes the alias away. */
  to: number | undefined;
  /** Where it must point for it to be moved; `undefined`: nowhere. Absent: wherever. */
  expected?: { version: number | undefined };
}

export interface Lease extends AsyncDisposable {
  /** Renews itself until it is given up. Aborts when it could not be renewed in time. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface CollectOptions {
  /** Newest versions of each model that stay. @default 5 */
  keepLast?: number;
  /** Versions that are younger stay, in days. @default 7 */
  keepDays?: number;
  /** Versions that others were made of stay. @default false */
  keepParents?: boolean;
  /** Tell and do nothing. @default false */
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface Collected {
  readonly versions: readonly { model: string; version: number; bytes: number }[];
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Versions of models: immutable, with digests, lineage and an audit log. Any number of processes may use one at once; what is read is
 * what was written before.
 */
export interface Registry {
  readonly place: string;
  models(): Promise<string[]>;
  /** @throws TaxonError `not_found` with the nearest name */
  describe(model: string): Promise<ModelState>;
  /**
   * `NAME`, `NAME@3` or `NAME@serving`; without either, what `serving` points at.
   * @throws TaxonError `not_found` with what there is, `failed_precondition` when nothing serves
   */
  resolve(reference: string): Promise<ModelVersion>;
  /**
   * Stores a folder as the model's next version. The same content, and the same event, is one version.
   * @throws TaxonError `invalid_input`, `resource_exhausted`, `unavailable`, `cancelled`
   */
  register(options: RegisterOptions): Promise<ModelVersion>;
  /**
   * The version's files as a folder, each checked against its digest; the folder appears at once, whole. They are copies: what is
   * written into them changes no version.
   * @returns the folder
   * @throws TaxonError `failed_precondition` naming the file that is not what was registered, `already_exists` for `folder`
   */
  checkOut(version: ModelVersion, options?: CheckOutOptions): Promise<string>;
  /** @throws TaxonError `failed_precondition` when the alias is not where it was expected, `not_found` for the version */
  moveAlias(options: MoveAliasOptions): Promise<HistoryEntry>;
  /** Writes into the audit log alone, e.g. a candidate that was refused. */
  note(options: Cause & { model: string; version?: number }): Promise<HistoryEntry>;
  /** Oldest first. */
  history(model: string): Promise<HistoryEntry[]>;
  /** Holds a version against `collect` for as long as it is served. @throws TaxonError `not_found` when it is gone */
  lease(version: ModelVersion, holder: string): Promise<Lease>;
  /** Removes what nothing holds: versions, then bytes that no version has. */
  collect(options?: CollectOptions): Promise<Collected>;
  /** Keeps a file by its digest, e.g. rows for a training. Kept for 90 days at least. */
  putFile(path: string, signal?: AbortSignal): Promise<string>;
  /** @throws TaxonError `not_found`, `failed_precondition` when it is not what its digest says */
  getFile(digest: string, target: string, signal?: AbortSignal): Promise<void>;
}
