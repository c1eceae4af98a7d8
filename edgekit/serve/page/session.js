// Who this page is to the device: the token, what it may do, and every request that carries it.
// The token is kept in this tab, or on this device if so asked; it never enters an address.

const KEY = "edgekit.token";
const RANKS = { none: 0, view: 1, ack: 2, admin: 3 };
const ANSWER_MS = 5000;

export class ApiError extends Error {
  constructor(status, text, retryAfterS = 0) {
    super(text);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

let session = { scope: "none", name: "", is_open: false, device: "" };

const read = (storage) => {
  try {
    return storage().getItem(KEY);
  } catch {
    return null; // a browser without storage: the token lives as long as the page
  }
};
let token = read(() => sessionStorage) ?? read(() => localStorage);

export const current = () => session;
export const hasToken = () => token !== null;
export const needsToken = () => !session.is_open && RANKS[session.scope] === RANKS.none;
export const may = (scope) => session.is_open || RANKS[session.scope] >= RANKS[scope];

/** Take a token; `isKept` also keeps it on this device. */
export function signIn(text, isKept) {
  signOut();
  token = text.trim();
  try {
    (isKept ? localStorage : sessionStorage).setItem(KEY, token);
  } catch {
    // kept in memory only
  }
}

export function signOut() {
  token = null;
  session = { ...session, scope: "none", name: "" };
  for (const storage of [() => sessionStorage, () => localStorage]) {
    try {
      storage().removeItem(KEY);
    } catch {
      // nothing was kept there
    }
  }
}

/** Ask what this page may do. A token that is refused leaves scope none. */
export async function refresh(signal) {
  try {
    session = await get("session", signal);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) throw error;
    session = { ...session, scope: "none", is_open: false };
  }
  if (!(session.scope in RANKS)) session.scope = "none";
  return session;
}

/** Open the stream; the answer's body is read by live.js. */
export async function openStream(signal) {
  return check(await send("live", { signal, headers: { Accept: "text/event-stream" } }));
}

export const get = (path, signal) => json(path, { signal });
export const post = (path, body) =>
  json(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
export const remove = (path) => json(path, { method: "DELETE" });

async function json(path, options) {
  const late = AbortSignal.timeout(ANSWER_MS);
  const answer = await send(path, { ...options, signal: options.signal ?? late });
  return (await check(answer)).json();
}

function send(path, options) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(new URL(`api/v1/${path}`, document.baseURI), {
    ...options,
    headers,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  });
}

async function check(answer) {
  if (answer.ok) return answer;
  let text = `The device answered ${answer.status}.`;
  try {
    text = String((await answer.json()).error ?? text);
  } catch {
    // the body was not JSON: the status says enough
  }
  throw new ApiError(answer.status, text, Number(answer.headers.get("Retry-After")) || 0);
}
