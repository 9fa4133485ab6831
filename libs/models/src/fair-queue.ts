/** Items of several callers, taken in turn: one caller's thousand items do not keep another's one waiting. */
export interface FairQueue<Item> {
  readonly size: number;
  add(caller: number, items: Iterable<Item>): void;
  /** The next items, one of each caller in turn, for as long as `fits` says so; at least one where there are any. */
  take(fits: (item: Item) => boolean): Item[];
  /** Puts items back to where they came from, in their order. */
  putBack(items: readonly Item[]): void;
  drop(caller: number): void;
}

export const createFairQueue = <Item extends object>(): FairQueue<Item> => {
  const lines = new Map<number, Item[]>(); // each reversed: its next item is its last
  const callers = new WeakMap<Item, number>();
  const nextOf = (caller: number): Item | undefined => lines.get(caller)?.at(-1);
  return {
    get size() {
      let size = 0;
      for (const line of lines.values()) size += line.length;
      return size;
    },
    add(caller, items) {
      const added = [...items].reverse();
      for (const item of added) callers.set(item, caller);
      lines.set(caller, [...added, ...(lines.get(caller) ?? [])]);
    },
    take(fits) {
      const taken: Item[] = [];
      let progress = true;
      while (progress) {
        progress = false;
        for (const [caller, line] of lines) {
          const item = nextOf(caller);
          if (item === undefined) lines.delete(caller);
          else if (fits(item) || taken.length === 0) {
            taken.push(item);
            line.pop();
            progress = true;
          } else return taken;
        }
      }
      return taken;
    },
    putBack(items) {
      for (const item of [...items].reverse()) {
        const caller = callers.get(item)!;
        const line = lines.get(caller) ?? [];
        line.push(item);
        lines.set(caller, line);
      }
    },
    drop: (caller) => void lines.delete(caller),
  };
};
