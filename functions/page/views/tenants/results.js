// What became of an action on many tenants: how many it took hold of, and of which not, and why.
import { openDialog } from "../../core/dialogs.js";
import { tenant } from "../../core/live.js";
import { tell } from "../../core/message.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { html } from "../../core/view.js";

/** @typedef {{tenant: string, status: number, sync: unknown, problem: {title: string, detail: string} | null}} Result */

/** @param {Result[]} value @param {"tenants.started" | "tenants.approved" | "tenants.reverted"} done */
export function answered(value, done) {
  const refused = value.filter((one) => one.problem);
  const many = value.length - refused.length;
  if (many) tell(say.count(done, many));
  if (!refused.length) return;
  openDialog({
    title: () => say.count("tenants.refused", refused.length),
    body: () => html`<dl class="results">${refused.map((one) => html`
      <dt><a data-link href=${href({ tenant: one.tenant })}>${tenant(one.tenant)?.displayName ?? one.tenant}</a></dt>
      <dd>${one.problem?.title}. ${one.problem?.detail}</dd>`)}</dl>`,
  });
}
