// Addresses of the items' views, and of items in the API.
import { href } from "../../core/router.js";

/** @typedef {{type?: string | null, item?: string | null, ref?: string | null, show?: string | null, search?: string | null,
 *   from?: string | null, to?: string | null, other?: string | null}} Place */

/**
 * A view of a tenant's items.
 * @param {string} tenant
 * @param {Place} [place]
 */
export function at(tenant, place = {}) {
  return href({ tenant, tab: "items", ...place });
}

/**
 * Where the API has an item.
 * @param {string} tenant
 * @param {string} path in the repository
 * @param {Record<string, string | null | undefined>} [query]
 */
export function itemPath(tenant, path, query = {}) {
  return `/tenants/${tenant}/items/${path.split("/").map(encodeURIComponent).join("/")}${queried(query)}`;
}

/**
 * A query; what is null or empty is left out.
 * @param {Record<string, string | number | null | undefined>} query
 */
export function queried(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** What stands between double braces and refers to no item. */
const RESERVED = new Set(["file", "base64", "secret"]);

/**
 * Where a reference between items leads: to the items of that type and name.
 * @param {string} tenant
 * @returns {import("../review/values.js").Linked}
 */
export function linkedIn(tenant) {
  return (type, name) => RESERVED.has(type) ? null : at(tenant, { type, search: name.replace(/%(25|7B|7D)/g, (code) => decodeURIComponent(code)) });
}

/**
 * The name of an item's file, as people read it where the API does not say it.
 * @param {string} path
 */
export function nameOf(path) {
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}
