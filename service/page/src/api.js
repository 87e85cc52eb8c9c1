// The calls to the service. The key lives here, in memory, and goes nowhere but into the header of a call.
let key = null;
// The secret of a token or session: it opens what is done in workspaces, and may be there beside a key for pictures.
let person = null;
let calls = [];

/** Whether a secret is a token's or a person's, to whom only workspaces answer. */
export const isPersons = (text) => /^ia[ts]_/.test(text);
/** Keeps what was entered; a key entered `forTables` takes a person's place there. */
export function setKey(text, forTables = false) {
  if (isPersons(text)) return (person = text);
  if (forTables) person = null;
  return (key = text || null);
}
/** Whether a token or a person came without a key, so that no picture answers. */
export const isPerson = () => person !== null && key === null;
const bearer = (path) => {
  const secret = person !== null && /^\/v1\/(workspaces|roles)\b/.test(path) ? person : key;
  return secret === null ? {} : { Authorization: `Bearer ${secret}` };
};
export const hasKey = () => key !== null;
/** The calls made since they were last forgotten. */
export const madeCalls = () => calls;
export const forgetCalls = () => (calls = []);

/** What the service answered instead of an answer. */
export class Refused extends Error {
  constructor(status, code, detail, said = {}) {
    super(detail);
    Object.assign(this, { status, code, said });
  }
}

export async function call(method, path, body, kept = true) {
  const headers = { Accept: "application/json", ...bearer(path) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (kept) calls.push({ method, path, body });
  let reply;
  try {
    reply = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: "omit", referrerPolicy: "no-referrer" });
  } catch {
    throw new Refused(0, "unreachable", "the service cannot be reached");
  }
  const said = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(reply.status, said.code ?? "", said.detail ?? said.title ?? `the service answered ${reply.status}`, said);
  return said;
}

/** What is no JSON, as text. */
export async function text(path) {
  const reply = await fetch(path, { headers: bearer(path), credentials: "omit", referrerPolicy: "no-referrer" });
  if (!reply.ok) throw new Refused(reply.status, "", `the service answered ${reply.status}`);
  return reply.text();
}

const home = (store) => `/v1/stores/${encodeURIComponent(store)}`;

export const about = () => call("GET", "/page/about", undefined, false);
export const stores = () => call("GET", "/v1/stores", undefined, false);
export const storeInfo = (store) => call("GET", home(store), undefined, false);
export const currentModel = (store) => call("GET", `${home(store)}/models/current`, undefined, false);
export const readTuples = (store, filter, kept = false) => call("POST", `${home(store)}/tuples/read`, filter, kept);
/** As of a revision where one is given. */
const past = (store, name, body, at) => (at ? call("POST", `${home(store)}/history/${name}`, { ...body, at_revision: Number(at) }) : call("POST", `${home(store)}/${name}`, body));
export const why = (store, question, at) => past(store, "why", { ...question, limit: 10 }, at);
export const listSubjects = (store, question, at) => past(store, "list-subjects", question, at);
export const listObjects = (store, question, at) => past(store, "list-objects", question, at);
export const listAccess = (store, question) => call("POST", `${home(store)}/list-access`, question);
export const changed = (store, question) => call("POST", `${home(store)}/history/changes`, question);
/** The change that made a revision; there is none where it is no longer kept. */
export const changeAt = (store, revision) => call("GET", `${home(store)}/changes?since=${revision - 1}&limit=1`, undefined, false).then(({ changes }) => changes[0]);

/** The proofs of many questions, in their order; null where one is denied. */
export async function proofs(store, questions) {
  const found = [];
  for (let i = 0; i < questions.length; i += 100) {
    const checks = questions.slice(i, i + 100).map((one) => ({ ...one, explain: true }));
    const { results } = await call("POST", `${home(store)}/checks`, { checks });
    found.push(...results.map((one) => (one.allowed ? { path: one.path ?? [] } : one.error ? { error: one.error } : null)));
  }
  return found;
}

/** The same as of a revision: the past has no batch. */
export const proofsAt = (store, questions, at) =>
  Promise.all(questions.map((one) => past(store, "check", { ...one, explain: true }, at).then(({ allowed, path }) => (allowed ? { path: path ?? [] } : null), (fault) => ({ error: { detail: fault.message } }))));

/** All of a list at once, in lines; without its last line it is not whole. */
async function whole(path, body, name, signal) {
  const headers = { "Content-Type": "application/json", ...(key === null ? {} : { Authorization: `Bearer ${key}` }) };
  const reply = await fetch(`${path}?stream=true`, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit", referrerPolicy: "no-referrer", signal });
  const said = await reply.text();
  if (!reply.ok) throw new Refused(reply.status, "", said);
  const lines = said.trimEnd().split("\n").map((one) => JSON.parse(one));
  if (!lines.at(-1)?.end) throw new Refused(0, "unreachable", "the list broke off");
  return { found: lines.filter((one) => one[name]).map((one) => one[name]), except: lines.filter((one) => one.except).map((one) => one.except), wildcard: lines.some((one) => one.wildcard) };
}

export const everySubject = (store, question, signal) => whole(`${home(store)}/list-subjects`, question, "subject", signal);
export const everyObject = (store, question, signal) => whole(`${home(store)}/list-objects`, question, "object", signal);
