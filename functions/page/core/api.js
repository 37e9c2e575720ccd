// The API as views call it: paths are relative to /api/v1. What was read is kept under its entity tag, so
// that asking again costs a 304 and gives the very same object.
import { headers, refuse } from "./session.js";
import { language } from "./texts.js";

const BASE = "/api/v1";
const KEPT = 60;

/** @type {Map<string, {tag: string, value: any}>} */
const kept = new Map();

/** What the API refused, in the reader's words. `status` 0: it could not be reached. */
export class Refusal extends Error {
  /** @param {number} status @param {Record<string, any>} problem */
  constructor(status, problem) {
    super([problem.title, problem.detail].filter(Boolean).join(". "));
    this.status = status;
    this.code = /** @type {string} */ (problem.code ?? "");
    this.title = /** @type {string} */ (problem.title ?? "");
    this.detail = /** @type {string} */ (problem.detail ?? "");
    this.errors = /** @type {{field: string, detail: string}[]} */ (problem.errors ?? []);
    this.problem = problem;
  }
}

/** @param {string} path @param {RequestInit} init @returns {Promise<Response>} */
async function send(path, init) {
  const proof = await headers();
  let response;
  try {
    response = await fetch(address(path), {
      cache: "no-store",
      ...init,
      headers: { "Accept-Language": language(), ...proof, ...init.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal(0, { title: "", detail: "" });
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) refuse();
  const problem = await response.json().catch(() => ({ title: `HTTP ${response.status}` }));
  throw new Refusal(response.status, problem);
}

/** A path of the API, or an absolute address that it gave (`nextLink`). @param {string} path */
function address(path) {
  if (path.startsWith("/")) return BASE + path;
  const { pathname, search } = new URL(path);
  return pathname + search;
}

/**
 * @param {string} path
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the JSON; the same object again as long as it has not changed
 */
export async function get(path, { signal } = {}) {
  const name = `${language()} ${path}`;
  const known = kept.get(name);
  const response = await send(path, { signal, headers: known ? { "If-None-Match": known.tag } : {} });
  if (response.status === 304 && known) {
    keep(name, known);
    return known.value;
  }
  const value = parsed(await response.text().catch(lostBody));
  const tag = response.headers.get("ETag");
  if (tag) keep(name, { tag, value });
  return value;
}

/** The entity tag under which this was last read, to write it back by. @param {string} path */
export const tagOf = (path) => kept.get(`${language()} ${path}`)?.tag;

/** @param {string} name @param {{tag: string, value: any}} one */
function keep(name, one) {
  kept.delete(name);
  kept.set(name, one);
  if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
}

/** One page of a list. @param {string} path @returns {Promise<any>} {value, nextLink, …} */
export const page = (path) => get(path);

/** The whole list. @param {string} path @returns {Promise<any[]>} */
export async function all(path) {
  const first = await get(path);
  if (!first.nextLink) return first.value;
  const found = [...first.value];
  for (let next = first.nextLink; next; ) {
    const more = await get(next);
    found.push(...more.value);
    next = more.nextLink;
  }
  return found;
}

/**
 * @param {string} method @param {string} path @param {unknown} body
 * @param {Record<string, string | undefined>} extra
 */
async function write(method, path, body, extra) {
  const given = Object.entries(extra).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  /** @type {Record<string, string>} */
  const extraHeaders = Object.fromEntries(given);
  if (body !== undefined) extraHeaders["Content-Type"] = "application/json";
  const response = await send(path, { method, headers: extraHeaders, body: body === undefined ? null : JSON.stringify(body) });
  const text = await response.text().catch(lostBody);
  return text ? parsed(text) : null;
}

/** An answer that broke off is a connection that was lost. @param {unknown} error @returns {never} */
function lostBody(error) {
  if (error instanceof DOMException && error.name === "AbortError") throw error;
  throw new Refusal(0, { title: "", detail: "" });
}

/** Nor does the API answer anything but JSON: somebody between spoke in its place. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return lostBody(error);
  }
}

/**
 * Sent once, however often it is tried: a lost connection is tried again under the same key.
 * @param {string} path @param {unknown} [body] @param {{key?: string}} [options]
 * @returns {Promise<any>}
 */
export async function post(path, body = {}, { key = crypto.randomUUID() } = {}) {
  const once = { "Idempotency-Key": key };
  try {
    return await write("POST", path, body, once);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return write("POST", path, body, once);
  }
}

/** @typedef {{etag?: string, create?: boolean}} Expected `create`: only if it is not there yet. */

/** @param {Expected} expected */
const condition = ({ etag, create }) => ({ "If-Match": etag, "If-None-Match": create ? "*" : undefined });

/** @param {string} path @param {unknown} body @param {Expected} [expected] @returns {Promise<any>} */
export const put = (path, body, expected = {}) => write("PUT", path, body, condition(expected));

/** @param {string} path @param {unknown} body @param {Expected} [expected] @returns {Promise<any>} */
export const patch = (path, body, expected = {}) => write("PATCH", path, body, condition(expected));

/** @param {string} path @param {Expected} [expected] @returns {Promise<any>} */
export const remove = (path, expected = {}) => write("DELETE", path, undefined, condition(expected));

/** Downloads what is at the path, as a file of that name. @param {string} path @param {string} name */
export async function save(path, name) {
  const response = await send(path, {});
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
