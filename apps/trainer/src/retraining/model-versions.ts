import type { Reason } from '@taxon/contracts';

/** What a retrainer needs of the registry. */
export interface ModelVersions {
  /**
   * A version's folder, checked against its digests.
   * @param version 0: the one that serves
   * @throws TaxonError `not_found`
   */
  checkOut(model: string, version: number): Promise<{ version: number; folder: string }>;
  /** Files of new rows by their digests, put into a folder. @throws TaxonError `not_found` */
  readRows(digests: readonly string[], folder: string): Promise<string[]>;
  /** The candidate's version; the same request is registered once. */
  register(model: string, folder: string, lineage: { requestId: string; parent: number; reason?: Reason }): Promise<number>;
}
