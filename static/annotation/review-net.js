// Requests to the review API: JSON in, JSON out, and failures by what the reviewer can do about them.

const TIMEOUT_MS = 20_000;
// Browsers let requests of up to 64 kB in all outlive their page.
const KEEPALIVE_CHARACTERS = 50_000;
const KINDS = { 401: "login", 403: "forbidden", 404: "missing", 409: "closed", 400: "refused" };

export class RequestFailed extends Error {
  // kind: "offline", "login", "forbidden", "missing", "closed", "refused" or "server".
  constructor(kind, detail = "") {
    super(detail || kind);
    this.kind = kind;
  }
}

export const get = (url) => request(url, {});

export function post(url, data) {
  const body = JSON.stringify(data);
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  return request(url, { method: "POST", body, headers, keepalive: body.length < KEEPALIVE_CHARACTERS });
}

async function request(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers, signal });
  } catch {
    throw new RequestFailed("offline");
  }
  const data = await response.json().catch(() => null);
  if (response.ok && data) return data;
  // A refusal is final only if the review API itself says it: a proxy's is not about the judgments.
  const refusal = response.status !== 400 || data?.detail;
  throw new RequestFailed((refusal && KINDS[response.status]) || "server", data?.detail);
}

// From the cookie, which a new login in another tab renews; else as the page came.
function csrfToken() {
  const cookie = /(?:^|; )tusker_csrf=([^;]+)/.exec(document.cookie);
  return cookie?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}
