// Work that is not saved yet: links of the page ask before they lead away from it, and so does the browser.
import { confirmed } from "../../core/dialogs.js";
import { go } from "../../core/router.js";
import { say } from "../../core/texts.js";

/**
 * @typedef {object} Unsaved
 * @property {(params: URLSearchParams) => boolean} shows whether an address shows the work
 * @property {() => void} drop forgets it
 */

/** @type {(() => Unsaved | undefined)[]} */
const keepers = [];

/**
 * Asks whoever leaves what is not saved.
 * @param {() => Unsaved | undefined} keeper what there is at the moment
 */
export function guardLeaving(keeper) {
  keepers.push(keeper);
}

const unsaved = () => keepers.map((keeper) => keeper()).filter((one) => one !== undefined);

addEventListener("click", async (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-link]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const [here, there] = [new URLSearchParams(location.search), new URLSearchParams(link.search)];
  const left = unsaved().filter((one) => one.shows(here) && !one.shows(there));
  if (!left.length) return;
  event.preventDefault();
  event.stopPropagation();
  const sure = await confirmed({
    title: say("tenant.leaveTitle"), text: say("tenant.leaveText"), action: say("tenant.leave"), danger: true,
  });
  if (!sure) return;
  for (const one of left) one.drop();
  go(link.pathname + link.search);
}, true);

addEventListener("beforeunload", (event) => {
  if (unsaved().length) event.preventDefault();
});
