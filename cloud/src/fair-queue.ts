/**
 * What waits, in the order in which it gets its turn: whoever waits belongs to a network, which may be part of a wider
 * one, and so on. At each step the networks take turns, so that one from which much comes keeps nobody else waiting.
 */
export class FairQueue<Item> {
  /** The one whose turn it is comes first. */
  readonly #networks = new Map<string, FairQueue<Item>>();
  /** Of whoever belongs to no narrower network. */
  readonly #items: Item[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param networks to which the item belongs, the widest first */
  add([widest, ...narrower]: readonly string[], item: Item): void {
    this.#size += 1;
    if (widest === undefined) {
      this.#items.push(item);
      return;
    }
    const network = this.#networks.get(widest) ?? new FairQueue<Item>();
    this.#networks.set(widest, network);
    network.add(narrower, item);
  }

  /** Removes whose turn it is. */
  shift(): Item | undefined {
    const [first] = this.#networks;
    if (!first) return this.#without(this.#items.shift());
    const [name, network] = first;
    const item = network.shift();
    this.#networks.delete(name);
    if (network.size > 0) this.#networks.set(name, network);
    return this.#without(item);
  }

  /** Removes what came last from the network with most; of several such, from the one among `networks`. */
  dropFromLargest([widest = '', ...narrower]: readonly string[] = []): Item | undefined {
    let name = widest;
    for (const [other, { size }] of this.#networks) {
      if (size > (this.#networks.get(name)?.size ?? 0)) name = other;
    }
    const largest = this.#networks.get(name);
    if (!largest) return this.#without(this.#items.pop());
    const item = largest.dropFromLargest(name === widest ? narrower : []);
    if (largest.size === 0) this.#networks.delete(name);
    return this.#without(item);
  }

  /** Removes an item, if it is there, wherever it stands. */
  remove([widest, ...narrower]: readonly string[], item: Item): boolean {
    const network = widest === undefined ? undefined : this.#networks.get(widest);
    if (widest !== undefined && network) {
      if (!network.remove(narrower, item)) return false;
      if (network.size === 0) this.#networks.delete(widest);
      this.#size -= 1;
      return true;
    }
    const index = this.#items.indexOf(item);
    if (index < 0) return false;
    this.#items.splice(index, 1);
    this.#size -= 1;
    return true;
  }

  #without(item: Item | undefined): Item | undefined {
    if (item !== undefined) this.#size -= 1;
    return item;
  }
}
