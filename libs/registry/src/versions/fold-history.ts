import type { HistoryEntry } from '../registry.ts';

export interface KnownVersion {
  readonly version: number;
  readonly createdAt: Date;
  readonly contentDigest: string;
  readonly manifestDigest: string;
  readonly bytes: number;
  removed: boolean;
}

/** What a model's changes come to. */
export interface FoldedState {
  readonly revision: number;
  /** Removed ones, too: a number is never given twice. */
  readonly versions: ReadonlyMap<number, KnownVersion>;
  readonly aliases: ReadonlyMap<string, number>;
  readonly byEvent: ReadonlyMap<string, HistoryEntry>;
}

export const foldHistory = (entries: readonly HistoryEntry[]): FoldedState => {
  const versions = new Map<number, KnownVersion>();
  const aliases = new Map<string, number>();
  const byEvent = new Map<string, HistoryEntry>();
  for (const entry of entries) {
    const { change, at, eventId } = entry;
    if (eventId !== undefined) byEvent.set(eventId, entry);
    if (change.kind === 'registered') {
      const { version, contentDigest, manifestDigest, bytes } = change;
      versions.set(version, { version, createdAt: at, contentDigest, manifestDigest, bytes, removed: false });
    } else if (change.kind === 'removed') versions.get(change.version)!.removed = true;
    else if (change.kind === 'restored') versions.get(change.version)!.removed = false;
    else if (change.kind === 'alias') {
      if (change.to === undefined) aliases.delete(change.alias);
      else aliases.set(change.alias, change.to);
    }
  }
  return { revision: entries.length, versions, aliases, byEvent };
};
