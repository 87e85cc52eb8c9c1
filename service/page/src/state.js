// What is looked at, as the address says it after `#`: it stays in the browser, and it never holds a key.
export const MODES = ["who", "what", "why"];
export const WORKSPACE = "workspace";
export const TABLE_NAMES = ["members", "groups", "policies", "labels", "resources", "tokens", "invites", "requests", "audit"];
/** What says which lines of the audit trail are meant. */
export const TRAIL = ["by", "action", "about", "since", "until"];
const NAMES = ["mode", "store", "subject", "relation", "object", "type", "without", "form", "proof", "at", "changed", "revision", "workspace", "table", "find", "sort", ...TRAIL];
const EMPTY = Object.freeze({ mode: "why", store: "", subject: "", relation: "", object: "", type: "", without: "", form: "picture", proof: "", at: "", changed: "", revision: "", workspace: "", table: "members", find: "", sort: "", ...Object.fromEntries(TRAIL.map((one) => [one, ""])) });

/** The view an address names. */
export function readView(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const view = { ...EMPTY };
  for (const name of NAMES) if (said.has(name)) view[name] = said.get(name);
  if (!/^\d{0,15}$/.test(view.at)) view.at = "";
  if (!TABLE_NAMES.includes(view.table)) view.table = EMPTY.table;
  if (view.mode !== WORKSPACE && !MODES.includes(view.mode)) view.mode = EMPTY.mode;
  return view;
}

/** The address of a view, from `#` on; what is as usual is left out. */
export function addressOf(view) {
  const said = new URLSearchParams();
  for (const name of NAMES) if (view[name] && (name === "mode" || view[name] !== EMPTY[name])) said.set(name, view[name]);
  return `#${said}`;
}

/** What of a view makes up the question; the rest is how its answer is shown. */
export const questionOf = ({ mode, store, subject, relation, object, type, at }) => JSON.stringify([mode, store, subject, relation, object, type, at]);

/** Whether all parts of the question are there. */
export function isWhole({ mode, subject, relation, object }) {
  return { who: relation && object, what: subject, why: subject && relation && object }[mode];
}

/** The types and relations a filter leaves out. */
export const leftOut = (view) => new Set(view.without ? view.without.split(",") : []);
