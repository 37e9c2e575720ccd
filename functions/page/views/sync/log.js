// The log of a sync, its last lines shown live while it runs.
import { headers } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { language, say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { syncPath } from "../status/actions.js";

/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {{text: string, ended: boolean, asked: number, running: boolean, language: string}} Tail */

const EVERY = 3000;
const LINES = 200;
const NEAR = 80;
/** @type {Map<string, Tail>} */
const tails = new Map();
let open = false, timer = 0;

/** @param {Sync} sync */
export function logTail(sync) {
  const path = syncPath(sync.tenant, sync.id);
  const tail = open ? read(sync, path) : undefined;
  /** @param {Event} event */
  const toggled = (event) => {
    const now = /** @type {HTMLDetailsElement} */ (event.currentTarget).open;
    if (now === open) return;
    open = now;
    redraw();
  };
  return html`<details class="card log" ?open=${open} @toggle=${toggled}>
    <summary><h2>${say(sync.endedAt ? "sync.log" : "sync.liveLog")}</h2></summary>
    ${tail?.text ? html`<pre tabindex="0" role="log" aria-label=${say("sync.log")}>${tail.text}</pre>` : open ? html`<p class="muted">${say("status.loading")}</p>` : nothing}
  </details>`;
}

/** What is known of the log; asked for again while the sync runs. */
/** @param {Sync} sync @param {string} path @returns {Tail} */
function read(sync, path) {
  let tail = tails.get(path);
  if (!tail || tail.language !== language()) {
    tail = { text: "", ended: false, asked: 0, running: false, language: language() };
    tails.set(path, tail);
  }
  const due = !tail.running && !tail.ended && performance.now() - tail.asked > (tail.asked ? EVERY : -1);
  if (due) void ask(tail, path, !!sync.endedAt);
  else if (!tail.ended && !tail.running) {
    clearTimeout(timer);
    timer = setTimeout(redraw, EVERY);
  }
  return tail;
}

/** @param {Tail} tail @param {string} path @param {boolean} ended */
async function ask(tail, path, ended) {
  tail.running = true;
  tail.asked = performance.now();
  try {
    const response = await fetch(`/api/v1${path}/logs?format=text`, { headers: { ...(await headers()), "Accept-Language": tail.language } });
    if (response.ok) {
      const lines = (await response.text()).trimEnd().split("\n");
      tail.text = lines.slice(-LINES).join("\n");
      tail.ended = ended;
    }
  } catch {
    // The connection's loss is said by the page; the next turn asks again.
  } finally {
    tail.running = false;
    redraw();
    setTimeout(toEnd);
  }
}

/** The newest line stays in sight for whoever has not scrolled away from it. */
function toEnd() {
  const shown = document.querySelector(".log pre");
  if (shown && (shown.scrollTop === 0 || shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR)) shown.scrollTop = shown.scrollHeight;
}
