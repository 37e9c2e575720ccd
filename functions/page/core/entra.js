// Signing in by Entra ID: an authorization code with PKCE, redeemed by this page. Tokens are kept in memory only,
// and are gone when the page is; what a sign-in under way needs lies in the tab until the browser is back.
// learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow (single-page apps), refresh-tokens
import * as oauth from "../vendor/oauth4webapi/index.js";

const UNDER_WAY = "accord-sign-in", LEFT = "accord-signed-out";
const EARLY = 90_000, SOON = 30_000;

/** @typedef {{kind: "entra", authority: string, issuer: string, clientId: string, scope: string}} Directory */
/** @typedef {{state: string, nonce: string, verifier: string, address: string}} UnderWay */
/** @typedef {{access: string, refresh: string | undefined, until: number, since: number}} Tokens */

/** @type {Directory} */
let directory;
/** @type {Tokens | null} */
let tokens = null;
/** @type {Promise<void> | null} */
let renewing = null;
/** Why nobody is signed in, in the directory's words. @type {string} */
let why = "";

export const signedIn = () => tokens !== null;
export const reason = () => why;

const home = () => `${location.origin}/`;
const server = () => ({
  issuer: directory.issuer,
  authorization_endpoint: `${directory.authority}/oauth2/v2.0/authorize`,
  token_endpoint: `${directory.authority}/oauth2/v2.0/token`,
});
const client = () => ({ client_id: directory.clientId, [oauth.clockTolerance]: 300 });
/** A directory on this machine has no certificate; any other must. */
const options = () => ({
  [oauth.allowInsecureRequests]: new URL(directory.authority).hostname === "127.0.0.1",
  signal: () => AbortSignal.timeout(20_000),
});

/**
 * Signs in with what the browser brought back from the directory, or else goes there; unless the reader has
 * signed out, or was sent back with an error: then they are asked first.
 * @param {Directory} place @param {URLSearchParams | null} brought
 */
export async function begin(place, brought) {
  directory = place;
  const begun = underWay();
  sessionStorage.removeItem(UNDER_WAY);
  if (brought && begun) return redeem(begun, brought);
  if (brought) why = "";
  else if (sessionStorage.getItem(LEFT) === null) await leave();
}

/** @returns {UnderWay | null} */
function underWay() {
  const kept = sessionStorage.getItem(UNDER_WAY);
  return kept === null ? null : JSON.parse(kept);
}

/** Goes to the directory's page, and comes back to this address. */
export async function leave() {
  const verifier = oauth.generateRandomCodeVerifier();
  /** @type {UnderWay} */
  const begun = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier,
    address: location.pathname + location.search,
  };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(begun));
  sessionStorage.removeItem(LEFT);
  const asked = new URLSearchParams({
    client_id: directory.clientId,
    response_type: "code",
    redirect_uri: home(),
    response_mode: "fragment",
    scope: directory.scope,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  location.assign(`${server().authorization_endpoint}?${asked}`);
  // The page is being left: nothing that waits for a token goes on. Who comes back to it as it was starts anew.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  await new Promise(() => {});
}

/** @param {UnderWay} begun @param {URLSearchParams} brought */
async function redeem(begun, brought) {
  try {
    const answered = oauth.validateAuthResponse(server(), client(), brought, begun.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server(), client(), oauth.None(), answered, home(), begun.verifier, options());
    const expected = { expectedNonce: begun.nonce, requireIdToken: true };
    keep(await oauth.processAuthorizationCodeResponse(server(), client(), response, expected));
  } catch (error) {
    fail(error);
  }
}

/** @param {oauth.TokenEndpointResponse} answer */
function keep(answer) {
  tokens = {
    access: answer.access_token,
    refresh: answer.refresh_token ?? tokens?.refresh,
    until: Date.now() + (answer.expires_in ?? 0) * 1000,
    since: Date.now(),
  };
  why = "";
}

/** @param {unknown} error */
function fail(error) {
  tokens = null;
  const told = error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError;
  // The ids at its end are for whoever runs the directory; the sentence before them is for the reader.
  const text = told ? (error.error_description ?? error.error) : error instanceof Error ? error.message : `${error}`;
  why = text.split(/ Trace ID:|\r?\n/)[0] ?? "";
}

/** A token that lasts a while yet, renewed where need be; null where nobody is signed in. */
export async function token() {
  if (tokens && tokens.until - Date.now() < EARLY) await (renewing ??= renew().finally(() => (renewing = null)));
  return tokens?.access ?? null;
}

async function renew() {
  if (!tokens?.refresh) return;
  const asked = { ...options(), additionalParameters: { scope: directory.scope } };
  try {
    const response = await oauth.refreshTokenGrantRequest(server(), client(), oauth.None(), tokens.refresh, asked);
    keep(await oauth.processRefreshTokenResponse(server(), client(), response));
  } catch (error) {
    // The directory has refused; any other fault is tried again with the next request, while the token lasts.
    if (error instanceof oauth.ResponseBodyError && error.status < 500) fail(error);
    else if (tokens && tokens.until < Date.now()) throw error;
  }
}

/** The API did not take the token. Renewed at once, if that has not just been done; whether it is worth trying. */
export function doubt() {
  if (!tokens?.refresh || Date.now() - tokens.since < SOON) {
    tokens = null;
    return false;
  }
  tokens.until = 0;
  return true;
}

/** Forgets the tokens, and leaves the directory too. */
export function signOut() {
  tokens = null;
  sessionStorage.setItem(LEFT, "1");
  location.assign(`${directory.authority}/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(home())}`);
}
