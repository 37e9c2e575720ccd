import { html } from "../../core/view.js";

/** @param {import("../../core/router.js").Route} route */
export const syncView = (route) => html`<h1>${route.tenant}</h1>`;
