// Which tenants are selected, for the bar that acts on many.
import { tenant, tenants } from "../../core/live.js";
import { announce } from "../../core/message.js";
import { say } from "../../core/texts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/** @type {Set<string>} */
let chosen = new Set();
/** @type {string | null} */
let last = null;

/** @param {string} id */
export const isSelected = (id) => chosen.has(id);

/** @returns {Tenant[]} those that are still there, in the table's own order of ids */
export const selected = () => (chosen.size ? tenants().filter((one) => chosen.has(one.id)) : []);

export function clearSelection() {
  chosen = new Set();
  last = null;
  announce(say.count("tenants.selected", 0));
}

/** Selects all of these, or none of them. @param {Tenant[]} shown @param {boolean} all */
export function selectAll(shown, all) {
  for (const { id } of shown) mark(id, all);
  announce(say.count("tenants.selected", chosen.size));
}

/** @param {string} id @param {boolean} on */
const mark = (id, on) => (on ? chosen.add(id) : chosen.delete(id));

/**
 * Selects one; with Shift, all between it and the one before.
 * @param {Tenant[]} shown in the order in which they are shown
 * @param {string} id
 * @param {boolean} on
 * @param {boolean} range
 */
export function select(shown, id, on, range) {
  const from = range && last && tenant(last) ? shown.findIndex((one) => one.id === last) : -1;
  const to = shown.findIndex((one) => one.id === id);
  if (from < 0) mark(id, on);
  else for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) mark(one.id, on);
  last = id;
  announce(say.count("tenants.selected", chosen.size));
}
