// The page: its frame around the view that the address names, drawn anew whenever something has changed.
import { closeAll, covered, dialogs } from "./core/dialogs.js";
import { banner, header, signIn } from "./core/frame.js";
import { later } from "./core/later.js";
import { begin, poke } from "./core/live.js";
import { messages } from "./core/message.js";
import { hasMoved, noted, route } from "./core/router.js";
import { keyWanted } from "./core/session.js";
import { drawnBy } from "./core/state.js";
import { loadTexts, say } from "./core/texts.js";
import { html, render } from "./core/view.js";
import { tenantsView } from "./views/tenants/view.js";

const VIEWS = {
  tenants: tenantsView,
  tenant: later(async () => (await import("./views/tenant/view.js")).tenantView),
  sync: later(async () => (await import("./views/sync/view.js")).syncView),
  review: later(async () => (await import("./views/review/view.js")).reviewView),
};

function page() {
  const now = route();
  return html`
    <a class="skip" href="#main">${say("core.skip")}</a>
    ${header()}
    ${banner()}
    <main id="main" tabindex="-1">${keyWanted() ? signIn() : VIEWS[now.view](now)}</main>
    ${dialogs()}
    ${messages(!covered())}
  `;
}

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
/** The heading that still waits for the focus: a view may show it only once it has read what it is about. */
let wanted = false;

function draw() {
  if (hasMoved()) {
    closeAll();
    wanted = true;
  }
  noted();
  render(page(), root);
  const heading = document.querySelector("main h1");
  const title = heading?.textContent?.trim();
  document.title = title && title !== "Accord" ? `${title} – Accord` : "Accord";
  if (wanted && heading instanceof HTMLElement) {
    wanted = false;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

/** A page that cannot even read its texts says so in both languages, and tries again. */
function unreachable() {
  root.textContent = "Accord cannot be reached; trying again. / Accord est injoignable ; nouvel essai en cours.";
  setTimeout(start, 5000);
}

async function start() {
  try {
    await loadTexts();
  } catch {
    unreachable();
    return;
  }
  root.textContent = "";
  drawnBy(draw);
  begin();
  setTimeout(() => Object.values(VIEWS).forEach((view) => "fetch" in view && view.fetch()), 3000);
  addEventListener("pageshow", (event) => event.persisted && poke());
}

await start();
