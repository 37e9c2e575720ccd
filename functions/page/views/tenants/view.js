// The table of tenants.
import { tenants } from "../../core/live.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { html, repeat } from "../../core/view.js";
import { statusCell } from "../status/cell.js";

export const tenantsView = () => html`<h1>${say("tenants.title")}</h1>
  <table class="table">
    <tbody>${repeat(tenants(), (one) => one.id, (one) => html`<tr>
      <th scope="row"><a href=${href({ tenant: one.id })} data-link>${one.displayName}</a></th>
      <td>${statusCell(one)}</td>
    </tr>`)}</tbody>
  </table>`;
