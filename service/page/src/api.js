// The calls to the service. The key lives here, in memory, and goes nowhere but into the header of a call.
let key = null;
let calls = [];

export const setKey = (text) => (key = text || null);
export const hasKey = () => key !== null;
/** The calls made since they were last forgotten. */
export const madeCalls = () => calls;
export const forgetCalls = () => (calls = []);

/** What the service answered instead of an answer. */
export class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    Object.assign(this, { status, code });
  }

  /** The service has no such route (yet). */
  get isMissing() {
    return this.status === 405 || this.code === "route_not_found";
  }
}

export async function call(method, path, body, kept = true) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== null) headers.Authorization = `Bearer ${key}`;
  if (kept) calls.push({ method, path, body });
  let reply;
  try {
    reply = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: "omit", referrerPolicy: "no-referrer" });
  } catch {
    throw new Refused(0, "unreachable", "the service cannot be reached");
  }
  const said = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(reply.status, said.code ?? "", said.detail ?? said.title ?? `the service answered ${reply.status}`);
  return said;
}

const home = (store) => `/v1/stores/${encodeURIComponent(store)}`;

export const about = () => call("GET", "/page/about", undefined, false);
export const stores = () => call("GET", "/v1/stores", undefined, false);
export const storeInfo = (store) => call("GET", home(store), undefined, false);
export const currentModel = (store) => call("GET", `${home(store)}/models/current`, undefined, false);
export const readTuples = (store, filter, kept = false) => call("POST", `${home(store)}/tuples/read`, filter, kept);
export const check = (store, question) => call("POST", `${home(store)}/check`, { ...question, explain: true });
export const why = (store, question) => call("POST", `${home(store)}/why`, { ...question, limit: 10 });
export const listSubjects = (store, question) => call("POST", `${home(store)}/list-subjects`, question);
export const listAccess = (store, question) => call("POST", `${home(store)}/list-access`, question);

/** The proofs of many questions, in their order; null where one is denied or cannot be decided. */
export async function proofs(store, questions) {
  const found = [];
  for (let i = 0; i < questions.length; i += 100) {
    const checks = questions.slice(i, i + 100).map((one) => ({ ...one, explain: true }));
    const { results, zookie } = await call("POST", `${home(store)}/checks`, { checks });
    found.push(...results.map((one) => (one.allowed ? { path: one.path ?? [], zookie } : one.error ? { error: one.error } : null)));
  }
  return found;
}
