// How to work with the tenant's repository by Git, and what was committed last.
import { html, nothing } from "../../core/view.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { commitRows } from "../items/commits.js";
import { listed } from "./loaded.js";
import { copyable, drawn, moreButton } from "./parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/**
 * @param {Tenant} tenant
 * @param {import("../../core/router.js").Route} route
 * @param {string} stamp
 */
export function repositoryPanel(tenant, route, stamp) {
  const address = `${location.origin}/git/${tenant.id}`;
  const name = `commits/${tenant.id}`;
  const asked = listed(name, `/tenants/${tenant.id}/commits`, `${stamp} ${tenant.lastSync?.id} ${tenant.activeSync}`, 10);
  return html`<div class="two-up">
    <section class="card">
      <h2>${say("tenant.clone")}</h2>
      <p>${copyable(`git clone ${address}`, say("tenant.copyClone"))}</p>
      <dl class="facts">
        <dt>${say("tenant.gitUser")}</dt><dd>${say("tenant.gitUserText")}</dd>
        <dt>${say("tenant.gitPassword")}</dt><dd>${say("tenant.gitPasswordText")}</dd>
        <dt><code>main</code></dt><dd>${say("tenant.gitMain")}</dd>
        <dt><code>tenant</code></dt><dd>${say("tenant.gitTenant")}</dd>
      </dl>
      <h3>${say("tenant.gitSteps")}</h3>
      <ol class="todo">
        <li>${say("tenant.gitStepEdit")} ${copyable("git commit -am \"…\"", say("tenant.copyCommit"))}</li>
        <li>${say("tenant.gitStepPush")} ${copyable("git push origin HEAD:main", say("tenant.copyPush"))}</li>
        <li>${say("tenant.gitStepSync")}</li>
        <li>${say("tenant.gitStepPending")} ${copyable("git diff origin/tenant origin/main", say("tenant.copyDiff"))}</li>
      </ol>
      ${tenant.changesWaiting ? html`<p class="notice">${say.count("tenant.changesWaiting", tenant.changesWaiting)}</p>` : nothing}
      <p><a data-link href=${href({ tenant: tenant.id, tab: "items" })}>${say("tenant.withoutGit")}</a></p>
    </section>
    <section class="card"><h2>${say("tenant.lastCommits")}</h2>
      ${drawn(asked, name, ({ value }) => html`${value.length ? commitRows(tenant, value) : html`<p class="empty">${say("tenant.noCommits")}</p>`}
        ${moreButton(asked.more)}`)}
    </section>
  </div>`;
}
