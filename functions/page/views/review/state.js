// What a person has done so far with the plan under review: chosen, opened, searched. Kept while the page is open.
import { all } from "../../core/api.js";
import { redraw } from "../../core/state.js";
import { language } from "../../core/texts.js";
import { syncPath } from "../status/actions.js";
import { loaded } from "../status/loaded.js";
import { Choice } from "./choice.js";
import { typeTitle } from "./types.js";

/** @typedef {import("../../api.d.ts").Change} Change */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {"create" | "update" | "delete" | "conflict" | "blocked"} Mark */

/** Rows that are drawn at once; the types beyond are closed until somebody opens them. */
const BUDGET = 150;

export class Review {
  /** Counts what the person does: the list is drawn anew when it has changed. */
  version = 0;
  search = "";
  /** @type {Mark | null} */
  mark = null;
  type = "";
  note = "";
  /** @type {Set<string>} types whose changes are shown */
  openTypes = new Set();
  /** @type {Set<string>} changes whose properties are shown */
  open = new Set();
  /** @type {Map<string, Change>} changes with their values whole */
  whole = new Map();
  /** The change that the address named last. */
  named = "";

  /** @param {Change[]} changes */
  constructor(changes) {
    this.changes = changes;
    this.choice = new Choice(changes);
    this.byName = new Map(changes.map((one) => [`${one.type}:${one.item}`, one]));
    let budget = BUDGET;
    for (const [type, found] of byType(changes)) {
      if (found.length <= budget || this.openTypes.size === 0 && changes.length <= BUDGET) {
        this.openTypes.add(type);
        budget -= found.length;
      }
    }
    if (changes.length <= 3) for (const one of changes) this.open.add(one.id);
  }

  /** Something the person did: draws the page. */
  touch() {
    this.version += 1;
    redraw();
  }

  /** The same plan with what became of each change. @param {Change[]} changes */
  refresh(changes) {
    if (changes === this.changes) return;
    this.changes = changes;
    const chosen = this.choice.chosen;
    this.choice = new Choice(changes);
    this.choice.chosen = chosen;
    this.byName = new Map(changes.map((one) => [`${one.type}:${one.item}`, one]));
    this.version += 1;
  }

  /** The changes that search and filters leave. */
  shown() {
    const words = this.search.toLowerCase().split(/\s+/).filter(Boolean);
    return this.changes.filter((one) => marked(one, this.mark) && (!this.type || one.type === this.type)
      && words.every((word) => haystack(one).includes(word)));
  }

  get filtered() {
    return !!(this.search.trim() || this.mark || this.type);
  }
}

/** @param {Change} change @param {Mark | null} mark */
export const marked = (change, mark) =>
  mark === null || (mark === "conflict" ? change.conflict : mark === "blocked" ? !!change.blocked : change.action === mark);

/** @type {WeakMap<Change, string>} */
const searched = new WeakMap();

/** Everything of a change that a search may find. @param {Change} change */
function haystack(change) {
  let text = searched.get(change);
  if (text === undefined) {
    text = `${change.item}\n${typeTitle(change.type)}\n${change.type}\n${change.path}\n${JSON.stringify(change.properties)}`.toLowerCase();
    searched.set(change, text);
  }
  return text;
}

/** @param {Change[]} changes @returns {Map<string, Change[]>} */
export function byType(changes) {
  /** @type {Map<string, Change[]>} */
  const found = new Map();
  for (const one of changes) {
    const list = found.get(one.type);
    if (list) list.push(one);
    else found.set(one.type, [one]);
  }
  return found;
}

/** @type {Map<string, Review>} */
const reviews = new Map();

/**
 * The review of a sync's plan; undefined while its changes are being read.
 * @param {Sync} sync
 * @returns {{review?: Review, error?: unknown}}
 */
export function reviewOf(sync) {
  const path = `${syncPath(sync.tenant, sync.id)}/changes?top=1000`;
  const key = `${language()} ${path}`;
  const became = `${sync.decision?.at ?? ""} ${sync.endedAt ?? ""} ${sync.progress.changesDone}`;
  const found = loaded(`${key} ${became}`, () => all(path));
  let review = reviews.get(key);
  if (found.value && !review) {
    review = new Review(found.value);
    reviews.set(key, review);
  } else if (found.value && review) {
    review.refresh(found.value);
  }
  return { review, error: found.error };
}
