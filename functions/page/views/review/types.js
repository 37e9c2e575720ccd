// What types and workloads are called.
import { all } from "../../core/api.js";
import { known, language, say } from "../../core/texts.js";
import { loaded } from "../status/loaded.js";

/** @typedef {import("../../api.d.ts").Type} Type */

/** @type {{from: unknown, byKey: Map<string, Type>}} */
let read = { from: null, byKey: new Map() };

/** @returns {Map<string, Type>} */
function catalog() {
  const { value } = loaded(`types ${language()}`, () => all("/types?top=1000"));
  if (value && value !== read.from) read = { from: value, byKey: new Map(value.map((/** @type {Type} */ one) => [one.key, one])) };
  return read.byKey;
}

/** A type's name in the reader's language; its key until the catalog is there. @param {string} key */
export const typeTitle = (key) => catalog().get(key)?.title ?? key;

/** @param {string} key */
export const workloadOf = (key) => catalog().get(key)?.workload;

/** @param {string} key */
export const workloadTitle = (key) => (known(`review.workload.${key}`) ? say(`review.workload.${key}`) : key);
