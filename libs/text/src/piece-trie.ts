/**
 * A trie over UTF-16 code units. Nodes are numbers from 0; all edges live in one open-addressing hash table, because
 * a table a node would cost 100 times the memory and a Map an edge most of the speed.
 */
export class PieceTrie {
  /** Id of the piece that ends at a node, -1 where none does. */
  values: Int32Array;
  private parents: Int32Array;
  private units: Uint16Array;
  private children: Int32Array;
  private mask: number;
  private nodes = 0;

  constructor(expectedNodes = 1 << 12) {
    const size = 2 ** Math.ceil(Math.log2(2 * expectedNodes));
    this.values = new Int32Array(expectedNodes).fill(-1);
    this.parents = new Int32Array(size).fill(-1);
    this.units = new Uint16Array(size);
    this.children = new Int32Array(size);
    this.mask = size - 1;
  }

  /** A new node without a parent. */
  addRoot(): number {
    if (this.nodes === this.values.length) {
      const grown = new Int32Array(2 * this.nodes).fill(-1);
      grown.set(this.values);
      this.values = grown;
    }
    return this.nodes++;
  }

  /** Adds `piece` below `root`; a piece that is there already gets the new id. */
  add(root: number, piece: string, id: number): void {
    let node = root;
    for (let i = 0; i < piece.length; i++) {
      const unit = piece.charCodeAt(i);
      const child = this.child(node, unit);
      node = child === -1 ? this.addChild(node, unit) : child;
    }
    this.values[node] = id;
  }

  /** The node reached from `node` by a code unit, or -1. */
  child(node: number, unit: number): number {
    const { parents, units, mask } = this;
    let slot = hash(node, unit) & mask;
    for (let parent = parents[slot]!; parent !== -1; parent = parents[slot]!) {
      if (parent === node && units[slot] === unit) return this.children[slot]!;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  private addChild(node: number, unit: number): number {
    if (2 * (this.nodes + 1) > this.mask) this.rehash();
    const child = this.addRoot();
    this.insert(node, unit, child);
    return child;
  }

  private insert(node: number, unit: number, child: number): void {
    let slot = hash(node, unit) & this.mask;
    while (this.parents[slot] !== -1) slot = (slot + 1) & this.mask;
    this.parents[slot] = node;
    this.units[slot] = unit;
    this.children[slot] = child;
  }

  private rehash(): void {
    const { parents, units, children } = this;
    const size = 2 * parents.length;
    this.parents = new Int32Array(size).fill(-1);
    this.units = new Uint16Array(size);
    this.children = new Int32Array(size);
    this.mask = size - 1;
    for (let slot = 0; slot < parents.length; slot++)
      if (parents[slot] !== -1) this.insert(parents[slot]!, units[slot]!, children[slot]!);
  }
}

/** Mixes both so that neighbouring nodes and neighbouring letters land far apart (odd multipliers, high bits folded down). */
const hash = (node: number, unit: number): number => {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};
