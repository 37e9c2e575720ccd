// Windows over the page: native dialogs, so that focus, Escape and what lies behind are the browser's care.
import { messages } from "./message.js";
import { redraw } from "./state.js";
import { say } from "./texts.js";
import { html, nothing, ref, repeat } from "./view.js";

/**
 * @typedef {object} Dialog
 * @property {() => string} title
 * @property {() => unknown} body drawn anew with the page
 * @property {(() => unknown) | undefined} [actions] beside the button that closes
 * @property {boolean | undefined} [wide]
 * @property {(() => void) | undefined} [onClose]
 */
/** @typedef {Dialog & {id: number, opener: Element | null, element?: HTMLDialogElement}} Open */

/** @type {Open[]} */
let open = [];
let last = 0;

/**
 * Opens a window; it closes by its button, Escape, or `close()`, and the focus goes back to where it was.
 * @param {Dialog} dialog
 * @returns {{close: () => void}}
 */
export function openDialog(dialog) {
  const one = { ...dialog, id: ++last, opener: document.activeElement };
  open = [...open, one];
  redraw();
  return { close: () => close(one) };
}

/** @param {Open} one */
function close(one) {
  if (!open.includes(one)) return;
  open = open.filter((other) => other !== one);
  one.element?.close();
  redraw();
  one.onClose?.();
  const back = one.opener?.isConnected ? one.opener : document.querySelector("main h1");
  if (back instanceof HTMLElement) back.focus();
}

/** Closes every window: people went elsewhere. */
export function closeAll() {
  for (const one of [...open].reverse()) close(one);
}

/**
 * Asks before something is done.
 * @param {{title: string, text: unknown, action: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, action, danger = false }) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = () => {
      answer = true;
      window.close();
    };
    const window = openDialog({
      title: () => title,
      body: () => (typeof text === "string" ? html`<p>${text}</p>` : text),
      actions: () => html`<button type="button" class=${danger ? "danger" : "primary"} @click=${yes}>${action}</button>`,
      onClose: () => resolve(answer),
    });
  });
}

/** @param {Open} one */
const shown = (one) => {
  /** @param {Element | undefined} element */
  const appear = (element) => {
    if (!(element instanceof HTMLDialogElement) || one.element) return;
    one.element = element;
    queueMicrotask(() => element.isConnected && element.showModal());
  };
  /** @param {Event} event */
  const cancelled = (event) => {
    event.preventDefault();
    close(one);
  };
  const id = `dialog-${one.id}`;
  return html`<dialog class=${one.wide ? "wide" : ""} aria-labelledby=${id} ${ref(appear)} @cancel=${cancelled}
      @close=${() => close(one)}>
    <header>
      <h2 id=${id}>${one.title()}</h2>
      <button type="button" class="quiet icon" aria-label=${say("core.close")} @click=${() => close(one)}>✕</button>
    </header>
    <div class="body">${one.body()}</div>
    <footer>
      ${one.actions ? one.actions() : nothing}
      <button type="button" @click=${() => close(one)}>${say("core.close")}</button>
    </footer>
    ${messages(one === open.at(-1))}
  </dialog>`;
};

/** Whether a window lies over the page. */
export const covered = () => open.length > 0;

/** All windows that are open. */
export const dialogs = () => repeat(open, (one) => one.id, shown);
