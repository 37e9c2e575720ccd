// Which changes of a plan are chosen: a choice holds what it depends on, and nothing that cannot be deployed.

/** @typedef {import("../../api.d.ts").Change} Change */

/** What the chosen changes of a plan may be. */
export class Choice {
  /** @param {Change[]} changes */
  constructor(changes) {
    this.byId = new Map(changes.map((one) => [one.id, one]));
    /** @type {Map<string, string[]>} what depends on a change */
    this.dependents = new Map();
    for (const one of changes) {
      for (const other of needs(one)) this.dependents.set(other, [...(this.dependents.get(other) ?? []), one.id]);
    }
    const hindered = this.#reach(changes.filter((one) => one.blocked).map((one) => one.id), (id) => this.dependents.get(id) ?? []);
    /** @type {Set<string>} what can be approved at all */
    this.possible = new Set(changes.filter((one) => !hindered.has(one.id)).map((one) => one.id));
    this.chosen = new Set(this.possible);
  }

  /**
   * Chooses changes, with what they depend on.
   * @param {string[]} ids
   * @returns {Change[]} what was chosen beside them
   */
  add(ids) {
    const wanted = this.#reach(ids.filter((id) => this.possible.has(id)), (id) => needs(this.byId.get(id)));
    const more = [...wanted].filter((id) => !this.chosen.has(id) && !ids.includes(id));
    for (const id of wanted) this.chosen.add(id);
    return this.#named(more);
  }

  /**
   * Leaves changes out, with what depends on them.
   * @param {string[]} ids
   * @returns {Change[]} what was left out beside them
   */
  remove(ids) {
    const gone = this.#reach(ids, (id) => this.dependents.get(id) ?? []);
    const more = [...gone].filter((id) => this.chosen.has(id) && !ids.includes(id));
    for (const id of gone) this.chosen.delete(id);
    return this.#named(more);
  }

  /** The chosen changes, in the plan's order. */
  list() {
    return [...this.byId.values()].filter((one) => this.chosen.has(one.id));
  }

  /** @param {string[]} ids @returns {Change[]} */
  #named(ids) {
    return ids.flatMap((id) => this.byId.get(id) ?? []);
  }

  /** @param {string[]} from @param {(id: string) => string[]} onward */
  #reach(from, onward) {
    const found = new Set(from), open = [...from];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const next of onward(id)) {
        if (!found.has(next)) {
          found.add(next);
          open.push(next);
        }
      }
    }
    return found;
  }
}

/** @param {Change | undefined} change what has to be chosen with it */
const needs = (change) => (change ? [...change.dependsOn, ...(change.replaces ? [change.replaces] : [])] : []);
