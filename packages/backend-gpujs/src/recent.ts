/** A bounded map that lets the entry go that was used longest ago. */
export class Recent<V> {
  // A map keeps its order of entry, so the first is what was used longest ago.
  readonly #entries = new Map<string, V>();
  readonly #limit: number;
  readonly #drop: (value: V) => void;

  constructor(limit: number, drop: (value: V) => void) {
    this.#limit = limit;
    this.#drop = drop;
  }

  /** The value of a key, made where it is missing. */
  get(key: string, make: () => V): V {
    const known = this.#entries.get(key);
    const value = known ?? make();
    if (known) this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) {
      const [oldest, gone] = this.#entries.entries().next().value!;
      this.#entries.delete(oldest);
      this.#drop(gone);
    }
    return value;
  }
}
