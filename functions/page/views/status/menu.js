// A button with a menu, by the ARIA Authoring Practices (menu button): Enter, Space and the arrows open it, arrows
// and first letters move, Escape and Tab close it, the focus goes back to the button.
import { html, nothing } from "../../core/view.js";
import { place } from "./floating.js";

/**
 * @typedef {object} MenuItem
 * @property {string} label its name
 * @property {string} [hint] a sentence on what it does
 * @property {boolean} [danger]
 * @property {() => void} run
 */

/**
 * @param {object} menu
 * @param {string} menu.id unique on the page
 * @param {unknown} menu.face what the button shows
 * @param {string} menu.name the button's accessible name
 * @param {string} [menu.look] its classes
 * @param {MenuItem[]} menu.items
 */
export function menuButton({ id, face, name, look = "quiet", items }) {
  return html`<button type="button" class=${look} id="${id}-button" aria-label=${name} title=${name}
      aria-haspopup="menu" aria-expanded="false" aria-controls=${id}
      @click=${() => toggle(id)} @keydown=${(/** @type {KeyboardEvent} */ event) => onButton(event, id)}>${face}</button>
    <div class="menu" role="menu" id=${id} aria-label=${name} popover="auto" data-floating
      @toggle=${onToggle} @keydown=${onMenu}>
      ${items.map((item) => html`<button type="button" role="menuitem" tabindex="-1"
        class=${item.danger ? "danger" : ""}
        @click=${() => choose(id, item)}>
        <span class="menu-label">${item.label}</span>
        ${item.hint ? html`<small>${item.hint}</small>` : nothing}
      </button>`)}
    </div>`;
}

/** @param {string} id */
const menuOf = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {HTMLElement} menu */
const buttonOf = (menu) => /** @type {HTMLElement} */ (document.getElementById(`${menu.id}-button`));
/** @param {HTMLElement} menu @returns {HTMLElement[]} */
const itemsOf = (menu) => [...menu.querySelectorAll("[role=menuitem]")].map((one) => /** @type {HTMLElement} */ (one));

/** @param {string} id @param {"first" | "last"} [focus] */
function open(id, focus = "first") {
  const menu = menuOf(id);
  menu.showPopover();
  place(buttonOf(menu), menu);
  itemsOf(menu).at(focus === "first" ? 0 : -1)?.focus({ preventScroll: true });
}

/** @param {string} id */
function toggle(id) {
  // A click outside closes the menu before the button hears of it, so an open one is closed by now.
  const menu = menuOf(id);
  if (menu.matches(":popover-open")) menu.hidePopover();
  else if (performance.now() - Number(menu.dataset.closed ?? 0) > 200) open(id);
}

/** @param {Event} event the menu opened or closed, whoever did it */
function onToggle(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget);
  const shown = menu.matches(":popover-open");
  buttonOf(menu)?.setAttribute("aria-expanded", String(shown));
  if (!shown) menu.dataset.closed = String(performance.now());
}

/** @param {KeyboardEvent} event @param {string} id */
function onButton(event, id) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  open(id, event.key === "ArrowDown" ? "first" : "last");
}

/** @param {KeyboardEvent} event */
function onMenu(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget);
  const items = itemsOf(menu);
  const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const steps = new Map([["ArrowDown", here + 1], ["ArrowUp", here - 1], ["Home", 0], ["End", items.length - 1]]);
  const to = steps.get(event.key);
  if (to !== undefined) {
    event.preventDefault();
    items.at(to % items.length)?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    if (event.key === "Escape") event.preventDefault();
    event.stopPropagation();
    menu.hidePopover();
    buttonOf(menu).focus();
  } else if (event.key.length === 1 && event.key !== " ") {
    const letter = event.key.toLowerCase();
    const order = [...items.slice(here + 1), ...items.slice(0, here + 1)];
    order.find((one) => one.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
  }
}

/** @param {string} id @param {MenuItem} item */
function choose(id, item) {
  const menu = menuOf(id);
  menu.hidePopover();
  buttonOf(menu).focus();
  item.run();
}
