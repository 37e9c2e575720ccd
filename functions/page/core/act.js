// What a button does: once at a time, its errors told, and what changed asked for at once.
import { poke } from "./live.js";
import { failed } from "./message.js";

/** @type {WeakSet<Element>} */
const busy = new WeakSet();

/**
 * Runs what a button stands for. While it runs the button stays where the keyboard is, but does nothing.
 * @param {Element | EventTarget | null} button
 * @param {() => Promise<unknown>} run
 * @returns {Promise<boolean>} whether it came to its end
 */
export async function act(button, run) {
  const element = button instanceof Element ? button : null;
  if (element && busy.has(element)) return false;
  if (element) {
    busy.add(element);
    element.setAttribute("aria-busy", "true");
  }
  try {
    await run();
    return true;
  } catch (error) {
    failed(error);
    return false;
  } finally {
    if (element) {
      busy.delete(element);
      element.removeAttribute("aria-busy");
    }
    poke();
  }
}
