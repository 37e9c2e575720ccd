// The status page: a table of tenants that keeps itself up to date, and the decision on a plan.
const $ = (id) => document.getElementById(id);
const kept = (store, name, value) => value === undefined ? store.getItem(name) : store.setItem(name, value);
const EVERY = 2000;

let language = kept(localStorage, "accord-language") ?? (navigator.language.startsWith("fr") ? "fr" : "en");
let texts = {}, tag = null, pending = null, timer = 0;

const say = (name, values = {}) => Object.entries(values)
  .reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), texts[name] ?? name);

/** An element with its text and children: text is only ever set as text. */
function make(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

async function call(path, { method = "GET", body, headers = {} } = {}) {
  const response = await fetch(path, {
    method, body: body && JSON.stringify(body), cache: "no-store",
    headers: {
      "Accept-Language": language, "x-functions-key": kept(sessionStorage, "accord-key") ?? "",
      ...(body && { "Content-Type": "application/json" }), ...headers,
    },
  });
  if (response.ok || response.status === 304) return response;
  const problem = await response.json().catch(() => ({ title: `${response.status}`, detail: "" }));
  throw Object.assign(new Error(`${problem.title}. ${problem.detail}`), { status: response.status });
}

function tell(text) { $("message").textContent = text; }

async function act(path, body) {
  try {
    await call(path, { method: "POST", body: body ?? {}, headers: { "Idempotency-Key": crypto.randomUUID() } });
    tell("");
  } catch (error) { tell(error.message); }
  await refresh();
}

async function download(path, name) {
  try {
    const url = URL.createObjectURL(await (await call(path)).blob());
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  } catch (error) { tell(error.message); }
}

const time = (text) => text ? new Date(text).toLocaleString(language) : "";

function row(tenant) {
  const last = tenant.lastSync, base = `/api/v1/tenants/${tenant.id}/syncs`;
  const actions = make("td");
  const offer = (name, run) => actions.append(make("button", {
    type: "button", textContent: say(name), ariaLabel: `${say(name)}: ${tenant.displayName}`, onclick: run,
  }));
  if (tenant.status === "pendingAuthentication") offer("signIn", () => signIn(tenant));
  if (tenant.pendingPlan) offer("review", () => review(tenant));
  if (tenant.activeSync) offer("cancel", () => act(`${base}/${tenant.activeSync}/cancel`));
  else offer("start", () => act(base));
  if (last) {
    const at = `${base}/${last.id}`;
    offer("report", () => download(`${at}/report?format=html`, `${tenant.id}-${last.id}.html`));
    offer("logs", () => download(`${at}/logs?format=text`, `${tenant.id}-${last.id}.txt`));
    offer("artifacts", () => download(`${at}/artifacts`, `${tenant.id}-${last.id}.zip`));
  }
  const status = make("td", {}, make("span", { className: `status ${tenant.status}`, textContent: tenant.statusLabel }),
    make("small", { textContent: time(tenant.statusSince) }));
  const ended = make("td", { textContent: last ? say(`outcome.${last.outcome}`) : "" });
  if (last) ended.append(make("small", { textContent: [time(last.endedAt), ...last.incomplete.map((one) => say(`incomplete.${one}`))].join("; ") }));
  if (last?.error) ended.append(make("button", {
    type: "button", className: "newError", textContent: last.error.message, title: last.error.message,
    onclick: () => explain(last.error),
  }));
  return make("tr", { id: `tenant-${tenant.id}` }, make("th", { scope: "row" }, tenant.displayName, make("small", { textContent: tenant.id })),
    status, ended, make("td", { textContent: tenant.changesWaiting || "" }), actions);
}

/** Replaces the rows, and gives the focus back to the same button of the same tenant. */
function show(tenants) {
  const focused = document.activeElement, at = focused?.closest?.("#rows tr")?.id, label = focused?.ariaLabel;
  $("rows").replaceChildren(...tenants.map(row));
  if (at) [...document.querySelectorAll(`#${CSS.escape(at)} button`)].find((one) => one.ariaLabel === label)?.focus();
}

async function tenants() {
  const found = [];
  for (let path = "/api/v1/tenants?top=1000"; path;) {
    const first = !found.length;
    const response = await call(path, { headers: first && tag ? { "If-None-Match": tag } : {} });
    if (response.status === 304) return null;
    const page = await response.json();
    if (first) tag = page.nextLink ? null : response.headers.get("ETag");
    found.push(...page.value);
    path = page.nextLink && new URL(page.nextLink).pathname + new URL(page.nextLink).search;
  }
  return found;
}

async function refresh() {
  clearTimeout(timer);
  try {
    const found = document.hidden ? null : await tenants();
    if (found) show(found);
    if ($("code").open) await showCode();
    $("sign-in").hidden = true;
    $("main").hidden = false;
  } catch (error) {
    tell(error.message);
    if (error.status === 401) {
      $("sign-in").hidden = false;
      $("main").hidden = true;
      return;
    }
  }
  timer = setTimeout(refresh, EVERY);
}

let signing = null;
async function signIn(tenant) {
  signing = tenant;
  $("code-title").textContent = say("signInTitle", { tenant: tenant.displayName });
  try { if (await showCode()) $("code").showModal(); } catch (error) { tell(error.message); }
}

/** The code and the link as they are now: after a wrong account there are new ones, and why. */
async function showCode() {
  const sync = await (await call(`/api/v1/tenants/${signing.id}/syncs/${signing.activeSync}`)).json();
  const it = sync.authentication;
  if (!it) {
    $("code").close();
    if (sync.status === "pendingAuthentication") tell(say("codeHidden"));
    return false;
  }
  const texts = { "code-notice": it.notice ?? "", "user-code": it.userCode ?? "", "code-until": time(it.expiresAt) };
  for (const [id, text] of Object.entries(texts)) if ($(id).textContent !== text) $(id).textContent = text;
  for (const [id, url] of [["code-page", it.verificationUri], ["code-link", it.signInUrl]]) {
    $(id).hidden = !url;
    if (url) $(id).href = url;
  }
  return true;
}

function explain(error) {
  $("error-title").textContent = error.message;
  $("error-text").textContent = error.text;
  $("error").showModal();
}

const value = (one, side) => {
  if (!(side in one)) return make("td", {}, make("em", { textContent: say("absent") }));
  const shown = one[side]?.truncated ? `${one[side].text}…` : one[side];
  return make("td", {}, make("pre", { textContent: typeof shown === "string" ? shown : JSON.stringify(shown, null, 2) }));
};

function change(one) {
  const chosen = make("input", { type: "checkbox", value: one.id, checked: !one.blocked, disabled: !!one.blocked });
  chosen.dataset.deletes = one.action === "delete" ? "yes" : "";
  chosen.onchange = deletions;
  const head = make("tr", {}, ...["path", "base", "tenantValue", "repositoryValue"].map((name) => make("th", { scope: "col", textContent: say(name) })));
  const rows = one.properties.map((it) => make("tr", {}, make("th", { scope: "row", textContent: it.path }),
    value(it, "base"), value(it, "tenant"), value(it, "repository")));
  return make("fieldset", {}, make("legend", {}, make("label", {}, chosen, ` ${one.summary} (${one.type})`)),
    ...(one.conflict ? [make("p", { textContent: say("conflict") })] : []),
    ...(one.blocked ? [make("p", { textContent: one.blocked.detail })] : []),
    ...(rows.length ? [make("table", {}, head, ...rows)] : []));
}

const boxes = () => [...$("changes").querySelectorAll("input")];
function deletions() { $("deletions").hidden = !boxes().some((one) => one.checked && one.dataset.deletes); }

async function review(tenant) {
  const at = `/api/v1/tenants/${tenant.id}/syncs/${tenant.pendingPlan.sync}`, found = [];
  try {
    let digest = "";
    for (let path = `${at}/changes?top=1000`; path;) {
      const page = await (await call(path)).json();
      digest = page.digest;
      found.push(...page.value);
      path = page.nextLink && new URL(page.nextLink).pathname + new URL(page.nextLink).search;
    }
    pending = { at, digest };
  } catch (error) { tell(error.message); return; }
  $("review-title").textContent = say("reviewTitle", { tenant: tenant.displayName });
  $("changes").replaceChildren(...found.map(change));
  $("refusal").textContent = $("comment").value = "";
  $("confirm").checked = false;
  deletions();
  $("review").showModal();
}

async function decide(decision) {
  const all = boxes(), chosen = all.filter((one) => one.checked).map((one) => one.value);
  const body = { decision, digest: pending.digest, comment: $("comment").value || null, confirmDeletions: $("confirm").checked };
  if (decision === "approve") body.changes = chosen;
  try {
    await call(`${pending.at}/decision`, { method: "POST", body });
    $("review").close();
    tell("");
    await refresh();
  } catch (error) { $("refusal").textContent = error.message; }
}

async function speak() {
  texts = await (await call("/page/texts.json")).json();
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = say(one.dataset.text);
  $("language").textContent = language === "fr" ? "English" : "Français";
  $("language").lang = language === "fr" ? "en" : "fr";
  tag = null;
  await refresh();
}

// A key may come behind the address's #, which is sent to no server and is taken out of sight at once.
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) { kept(sessionStorage, "accord-key", given); history.replaceState(null, "", location.pathname + location.search); }
$("sign-in").onsubmit = (event) => {
  event.preventDefault();
  kept(sessionStorage, "accord-key", $("key").value);
  $("key").value = "";
  tell("");
  refresh();
};
$("language").onclick = () => { language = language === "fr" ? "en" : "fr"; kept(localStorage, "accord-language", language); speak(); };
$("copy-code").onclick = async () => { await navigator.clipboard.writeText($("user-code").textContent); $("copy-code").textContent = say("copied"); };
$("copy").onclick = async () => { await navigator.clipboard.writeText($("error-text").textContent); $("copy").textContent = say("copied"); };
for (const one of document.querySelectorAll("[data-decision]")) one.onclick = () => decide(one.dataset.decision);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
speak().catch((error) => tell(error.message));
