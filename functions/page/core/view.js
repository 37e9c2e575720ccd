// What views are written with: lit-html, and those of its directives that a strict policy allows.
// Those that write styles or markup stay out: both are refused, and text is only ever set as text.
export { html, svg, nothing, noChange, render } from "../vendor/lit-html/lit-html.js";
export { repeat } from "../vendor/lit-html/directives/repeat.js";
export { classMap } from "../vendor/lit-html/directives/class-map.js";
export { live } from "../vendor/lit-html/directives/live.js";
export { ref, createRef } from "../vendor/lit-html/directives/ref.js";
export { ifDefined } from "../vendor/lit-html/directives/if-defined.js";
export { guard } from "../vendor/lit-html/directives/guard.js";
export { keyed } from "../vendor/lit-html/directives/keyed.js";
