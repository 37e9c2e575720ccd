// What floats over the page beside the button it belongs to: tooltips and menus. Both are popovers, so that no
// table cuts them off; their place is set here, since anchor positioning is not in every browser yet.

const EDGE = 8;
const GAP = 4;

/**
 * Puts a shown popover under its button, or over it where there is no room below, inside the window.
 * @param {HTMLElement} anchor
 * @param {HTMLElement} floating
 */
export function place(anchor, floating) {
  const at = anchor.getBoundingClientRect();
  const size = floating.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(at.left, innerWidth - size.width - EDGE));
  const below = at.bottom + GAP;
  const above = at.top - GAP - size.height;
  const top = below + size.height > innerHeight - EDGE && above > EDGE ? above : below;
  floating.style.left = `${Math.round(left)}px`;
  floating.style.top = `${Math.round(top)}px`;
}

/** @param {Event} event @returns {HTMLElement | null} the tooltip that describes the event's element */
function tipOf(event) {
  const element = /** @type {HTMLElement} */ (event.currentTarget);
  if (element.getAttribute("role") === "tooltip") return element;
  return document.getElementById(element.getAttribute("aria-describedby") ?? "");
}

/** @type {Map<HTMLElement, number>} tooltips about to go */
const going = new Map();

/** @param {Event} event shows the tooltip of the element under the pointer, or that has the focus */
export function showTip(event) {
  const tip = tipOf(event);
  if (!tip) return;
  clearTimeout(going.get(tip));
  going.delete(tip);
  if (tip.matches(":popover-open")) return;
  for (const other of document.querySelectorAll("[role=tooltip]:popover-open")) {
    /** @type {HTMLElement} */ (other).hidePopover();
  }
  tip.showPopover();
  const anchor = tip.id && document.querySelector(`[aria-describedby="${CSS.escape(tip.id)}"]`);
  if (anchor) place(/** @type {HTMLElement} */ (anchor), tip);
}

/** @param {Event} event hides it, a moment later: meanwhile the pointer may reach the tooltip itself */
export function hideTip(event) {
  const tip = tipOf(event);
  if (!tip) return;
  clearTimeout(going.get(tip));
  going.set(tip, setTimeout(() => hideNow(tip), event.type === "blur" ? 0 : 150));
}

/** @param {HTMLElement} tip */
function hideNow(tip) {
  going.delete(tip);
  if (tip.isConnected && tip.matches(":popover-open")) tip.hidePopover();
}

/** Escape hides it and does nothing else. @param {KeyboardEvent} event */
export function tipKey(event) {
  const tip = tipOf(event);
  if (event.key !== "Escape" || !tip?.matches(":popover-open")) return;
  event.preventDefault();
  event.stopPropagation();
  tip.hidePopover();
}

// What was placed beside a button does not stay behind when the page moves under it.
addEventListener("scroll", (event) => {
  for (const open of document.querySelectorAll("[data-floating]:popover-open")) {
    const inside = event.target instanceof Node && open.contains(event.target);
    if (!inside) /** @type {HTMLElement} */ (open).hidePopover();
  }
}, { capture: true, passive: true });
