// What has come into the repository since the plan was made, and a plan made anew.
import { act } from "../../core/act.js";
import { go } from "../../core/router.js";
import { number, say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { startSync } from "../status/actions.js";
import { follow } from "../status/loaded.js";

/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {{id: string, at: string, author: {name: string}, message: string}} Commit */

/**
 * @param {{id: string, displayName: string}} tenant
 * @param {Sync} sync
 */
export function arrivedSince(tenant, sync) {
  const commit = /** @type {{commit?: string | null} | null} */ (sync.plan)?.commit;
  if (!commit) return nothing;
  const found = follow(`/tenants/${tenant.id}/commits?since=${encodeURIComponent(commit)}&top=50`, 5).value;
  const list = /** @type {Commit[]} */ (found?.value ?? []);
  if (!list.length) return nothing;
  const n = found.count ?? list.length, more = found.nextLink && !found.count;
  return html`<div class="note" role="status">
    <p><b>${more ? say("review.sinceMany", { n: number(n) }) : say.count("review.since", n)}</b> ${say("review.sinceWhy")}</p>
    <details><summary>${say("review.seeCommits")}</summary>
      <ul>${list.map((one) => html`<li>${one.message.split("\n")[0]} <small>${one.author.name}, ${when(one.at)}</small></li>`)}</ul></details>
    <p>${planAgain(tenant)}</p>
  </div>`;
}

/** The button that ends this plan and makes a new one. @param {{id: string, displayName: string}} tenant */
export const planAgain = (tenant) => html`<button type="button" class="primary" title=${say("review.planAgainHint")}
  @click=${(/** @type {MouseEvent} */ event) => act(event.currentTarget, async () => {
    const sync = await startSync(tenant, { supersede: true });
    go({ tenant: tenant.id, sync: sync.id, view: "review" }, { replace: true });
  })}>${say("review.planAgain")}</button>`;
