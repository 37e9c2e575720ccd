// Where in the page people are: the address's search parameters, so that every place can be sent to others.
import { redraw } from "./state.js";

/**
 * @typedef {object} Route
 * @property {"tenants" | "tenant" | "sync" | "review"} view
 * @property {string | null} tenant
 * @property {string | null} sync
 * @property {string | null} tab
 * @property {URLSearchParams} params
 */

/** @type {{search: string, route: Route} | null} */
let read = null;
let moved = false;

/** @returns {Route} the same object until the address changes */
export function route() {
  if (read?.search === location.search) return read.route;
  const params = new URLSearchParams(location.search);
  const [tenant, sync] = [params.get("tenant"), params.get("sync")];
  const view = !tenant ? "tenants" : !sync ? "tenant" : params.get("view") === "review" ? "review" : "sync";
  read = { search: location.search, route: { view, tenant, sync, tab: params.get("tab"), params } };
  return read.route;
}

/** @typedef {Record<string, string | number | null | undefined>} Parameters */

/**
 * The address of a place; what is null, undefined or empty is left out.
 * @param {Parameters} [parameters]
 */
export function href(parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length ? `/?${search}` : "/";
}

/**
 * Goes to a place. `replace`: the place before is not come back to, as for a filter that is typed.
 * @param {Parameters | string} where
 * @param {{replace?: boolean}} [options]
 */
export function go(where, { replace = false } = {}) {
  const url = typeof where === "string" ? where : href(where);
  if (url === location.pathname + location.search) return;
  const before = place();
  history[replace ? "replaceState" : "pushState"](null, "", url);
  arrive(before);
}

/** What counts as another place: a filter does not. */
function place() {
  const { view, tenant, sync, tab, params } = route();
  return [view, tenant, sync, tab, params.get("item"), params.get("type")].join("\n");
}

/** @param {string | null} before */
function arrive(before) {
  if (place() !== before) {
    moved = true;
    scrollTo(0, 0);
  }
  redraw();
}

/** Whether people have come to another place since this was last asked: their focus goes to its heading. */
export function hasMoved() {
  const before = moved;
  moved = false;
  return before;
}

let last = "";
addEventListener("popstate", () => {
  const now = place();
  moved = now !== last;
  redraw();
});

/** Notes where people are, so that going back is seen as a move; app.js calls it after each drawing. */
export function noted() {
  last = place();
}

/** Links within the page are followed without loading it again, unless a new window is asked for. */
addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[data-link]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target || link.origin !== location.origin) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
