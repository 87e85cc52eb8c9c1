// What an owner does in a workspace: for each act its fields, its call, its command, and what it would take away.
import * as api from "./api.js";
import { pathIn, targetOf } from "./workspace_tables.js";

const list = (text) => (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);
const text = (name, label, more = {}) => ({ name, label, ...more });
const choice = (name, label, options) => ({ name, label, options });
const grantFields = (needed) => [
  { ...text("role", "Role"), roles: true, optional: !needed },
  text("on", "On resources", { suggest: "resources", many: true, optional: true, hint: "ids, parted by commas; none for the whole workspace" }),
  text("labels", "Or on what carries all of the labels", { suggest: "labels", many: true, optional: true, hint: "brand:a, environment:prod" }),
];
const grantOf = (said) => ({ role: said.role, resources: list(said.on), labels: list(said.labels) });
const grantsOf = (said) => (said.role ? [grantOf(said)] : []);
const grantText = (said) => `${said.role}${list(said.on).length ? `@${list(said.on).join(",")}` : ""}${list(said.labels).map((one) => `+${one}`).join("")}`;
const grantFlag = (said) => (said.role ? ["--grant", grantText(said)] : []);
const post = (path, body) => ({ method: "POST", path, body });
const remove = (path) => ({ method: "DELETE", path });
const tuple = (object, relation, subject) => ({ object, relation, subject });

/** What tuples a subject stands in, in a workspace whose groups and policies are known. */
async function standing(w, store, subject) {
  const [{ tuples }, policies] = await Promise.all([api.readTuples(store, { subject, limit: 1000 }), api.call("GET", `${pathIn(w, "policies")}?holder=${encodeURIComponent(subject)}&limit=1000`, undefined, false)]);
  const groups = await api.call("GET", `${pathIn(w, "groups")}?limit=1000`, undefined, false);
  const inside = new Set([`workspace:${w}`, ...policies.policies.map((one) => `policy:${one.id}`), ...groups.groups.map((one) => `group:${one.id}`)]);
  return tuples.filter((one) => inside.has(one.object) && !one.relation.startsWith("can_")).map(({ object, relation, subject: who }) => tuple(object, relation, who));
}

const losing = {
  subject: (subject, told) => ({ told, scope: { subject }, tuples: (w, store) => standing(w, store, subject) }),
  tuples: (scope, tuples, told) => ({ told, scope, tuples: async () => tuples }),
};
const holding = (policy, holder) => tuple(`policy:${policy}`, { member: "direct", token: "direct", group: "group", invite: "invited" }[holder.split(":")[0]], holder);

/** The acts that begin without a row, by table. */
export const MAKING = {
  members: { title: "Add a member", fields: () => [text("email", "E-mail address"), text("name", "Name", { optional: true }), choice("role", "Role", ["member", "owner"])], call: (w, _, said) => post(pathIn(w, "members"), { email: said.email, role: said.role, ...(said.name ? { name: said.name } : {}) }), command: (w, _, said) => ["member", "add", w, said.email, ...(said.name ? ["--name", said.name] : []), "--role", said.role] },
  groups: { title: "Make a group", fields: () => [text("name", "Name")], call: (w, _, said) => post(pathIn(w, "groups"), { name: said.name }), command: (w, _, said) => ["group", "create", w, said.name] },
  policies: { title: "Make a policy", fields: () => [...grantFields(true), text("holders", "Holders", { suggest: "holders", many: true, optional: true, hint: "member:ada, group:eng" })], call: (w, _, said) => post(pathIn(w, "policies"), { ...grantOf(said), holders: list(said.holders) }), command: (w, _, said) => ["policy", "create", w, ...grantFlag(said), ...list(said.holders).flatMap((one) => ["--holder", one])] },
  labels: { title: "Make a label", fields: () => [text("label", "Label", { hint: "key:value; it cannot be renamed" }), text("description", "Description", { optional: true })], call: (w, _, said) => post(pathIn(w, "labels"), { label: said.label, ...(said.description ? { description: said.description } : {}) }), command: (w, _, said) => ["label", "create", w, said.label, ...(said.description ? ["--description", said.description] : [])] },
  tokens: { title: "Make a token", fields: () => [text("description", "What it is for"), ...grantFields(false), text("days", "Ends after days", { optional: true, type: "number", hint: "never, if not said" })], call: (w, _, said) => post(pathIn(w, "tokens"), { description: said.description, grants: grantsOf(said), ...(said.days ? { expires_at: ending(said.days) } : {}) }), command: (w, _, said) => ["token", "create", w, said.description, ...grantFlag(said), ...(said.days ? ["--expires-at", ending(said.days)] : [])] },
  invites: { title: "Invite somebody", fields: () => [text("email", "E-mail address"), text("groups", "Groups", { suggest: "groups", many: true, optional: true, hint: "ids, parted by commas" }), ...grantFields(false)], call: (w, _, said) => post(pathIn(w, "invites"), { email: said.email, groups: list(said.groups), grants: grantsOf(said) }), command: (w, _, said) => ["invite", "create", w, said.email, ...list(said.groups).flatMap((one) => ["--group", one]), ...grantFlag(said)] },
};

const ending = (days) => `${new Date(Date.now() + Number(days) * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

const given = (title, kind) => ({ title, fields: () => grantFields(true), call: (w, row, said) => post(pathIn(w, `${kind}s`, row.id, "policies"), { grants: grantsOf(said) }), command: (w, row, said) => ["policy", "give", w, `${kind}:${row.id}`, ...grantFlag(said)] });
const patched = (title, kind, row, change, words) => ({ title, call: (w) => ({ method: "PATCH", path: pathIn(w, `${kind}s`, row.id), body: change }), command: (w) => [kind, ...words.slice(0, 1), w, row.id, ...words.slice(1)] });
const pii = (kind, row) => patched(row.pii ? "Hide personal data" : "Let see personal data", kind, row, { pii: !row.pii }, ["set-pii", row.pii ? "--off" : "--on"]);

/** The acts on a row, by table. */
export const ACTING = {
  members: (row) => [
    row.role === "owner" ? { ...patched("Make no owner", "member", row, { role: "member" }, ["set-role", "member"]), lost: (w) => losing.tuples({ subject: `member:${row.id}` }, [tuple(`workspace:${w}`, "owner_direct", `member:${row.id}`)], ["all an owner may"]) } : patched("Make owner", "member", row, { role: "owner" }, ["set-role", "owner"]),
    given("Give a policy", "member"),
    pii("member", row),
    { title: "Remove", danger: true, call: (w) => remove(pathIn(w, "members", row.id)), command: (w) => ["member", "remove", w, row.id], lost: () => losing.subject(`member:${row.id}`, [...row.groups.map((one) => `group ${one}`), ...row.policies.map((one) => `policy ${one}`), ...(row.role === "owner" ? ["all an owner may"] : [])]) },
  ],
  groups: (row) => [
    { title: "Add members", fields: () => [text("members", "Members", { suggest: "members", many: true, hint: "ids or addresses, parted by commas" })], call: (w, _, said) => post(pathIn(w, "groups", row.id, "members"), { members: list(said.members) }), command: (w, _, said) => ["group", "add", w, row.id, ...list(said.members)] },
    row.members.length && { title: "Take a member out", danger: true, fields: () => [choice("member", "Member", row.members)], call: (w, _, said) => post(pathIn(w, "groups", row.id, "members", "remove"), { members: [said.member] }), command: (w, _, said) => ["group", "remove", w, row.id, said.member], lost: (_, said) => losing.tuples({ subject: `member:${said.member}` }, [tuple(`group:${row.id}`, "added", `member:${said.member}`)], row.policyTexts.map((one) => `policy ${one}`)) },
    given("Give a policy", "group"),
    pii("group", row),
    { title: "Delete", danger: true, call: (w) => remove(pathIn(w, "groups", row.id)), command: (w) => ["group", "delete", w, row.id], lost: () => losing.tuples(null, row.members.map((one) => tuple(`group:${row.id}`, "added", `member:${one}`)), [...row.policyTexts.map((one) => `policy ${one}`), ...row.memberNames.map((one) => `${one} is in it no longer`)]) },
  ],
  policies: (row) => [
    { title: "Add a holder", fields: () => [text("holder", "Holder", { suggest: "holders", hint: "member:ada, group:eng or token:…" })], call: (w, _, said) => post(pathIn(w, "policies", row.id, "holders"), { holders: [said.holder] }), command: (w, _, said) => ["policy", "hold", w, row.id, said.holder] },
    row.holders.length && { title: "Take from a holder", danger: true, fields: () => [choice("holder", "Holder", row.holders)], call: (w, _, said) => post(pathIn(w, "policies", row.id, "holders", "remove"), { holders: [said.holder] }), command: (w, _, said) => ["policy", "release", w, row.id, said.holder], lost: (_, said) => losing.tuples(scopeOf(said.holder), [holding(row.id, said.holder)], [`${row.role}: ${targetOf(row)}`]) },
    { title: "Delete", danger: true, call: (w) => remove(pathIn(w, "policies", row.id)), command: (w) => ["policy", "delete", w, row.id], lost: () => losing.tuples(null, row.holders.map((one) => holding(row.id, one)), row.names.map((one) => `${one}: ${row.role} on ${targetOf(row)}`)) },
  ],
  labels: (row) => [{ title: "Delete", danger: true, call: (w) => remove(pathIn(w, "labels", row.label)), command: (w) => ["label", "delete", w, row.label], lost: () => losing.tuples(null, [], [...row.on.map((one) => `${one} carries it`), ...row.required.map((one) => `policy ${one} requires it`)]) }],
  resources: (row) => (["source", "space"].includes(row.type) ? [
    { title: "Attach labels", fields: () => [text("labels", "Labels", { suggest: "labels", many: true, hint: "key:value, parted by commas" })], call: (w, _, said) => post(pathIn(w, "resources", `${row.type}:${row.id}`, "labels"), { labels: list(said.labels) }), command: (w, _, said) => ["label", "attach", w, `${row.type}:${row.id}`, ...list(said.labels)] },
    row.labels.length && { title: "Detach a label", danger: true, fields: () => [choice("label", "Label", row.labels)], call: (w, _, said) => post(pathIn(w, "resources", `${row.type}:${row.id}`, "labels", "remove"), { labels: [said.label] }), command: (w, _, said) => ["label", "detach", w, `${row.type}:${row.id}`, said.label], lost: (w, said) => losing.tuples({ object: `${row.type}:${row.id}` }, [tuple(`${row.type}:${row.id}`, "label", `label:${w}/${said.label}`)], ["what policies give that require the label"]) },
  ] : []),
  tokens: (row) => [pii("token", row), { title: "Revoke", danger: true, call: (w) => remove(pathIn(w, "tokens", row.id)), command: (w) => ["token", "revoke", w, row.id], lost: () => losing.subject(`token:${row.id}`, row.policyTexts.map((one) => `policy ${one}`)) }],
  invites: (row) => [{ title: "Revoke", danger: true, call: (w) => remove(pathIn(w, "invites", row.id)), command: (w) => ["invite", "revoke", w, row.id], lost: () => losing.tuples(null, [], [...row.groups.map((one) => `group ${one}, once accepted`), ...row.policies.map((one) => `policy ${one}, once accepted`)]) }],
  requests: (row) => [
    { title: "Approve", fields: () => grantFields(true), call: (w, _, said) => post(pathIn(w, "access-requests", row.id, "approve"), { grants: grantsOf(said) }), command: (w, _, said) => ["request", "approve", w, row.id, ...grantFlag(said)] },
    { title: "Dismiss", danger: true, call: (w) => remove(pathIn(w, "access-requests", row.id)), command: (w) => ["request", "dismiss", w, row.id] },
  ],
  audit: () => [],
};

const scopeOf = (holder) => ({ subject: holder.startsWith("group:") ? `${holder}#member` : holder });

/** The accesses that would end, as the service tries it; null where the caller may not ask. */
export async function tried(act, w, store, said) {
  const lost = act.lost(w, said);
  if (!lost.scope || api.isPerson() || !api.hasKey()) return null;
  const deletes = await lost.tuples(w, store);
  const impact = await api.call("POST", `/v1/stores/${encodeURIComponent(store)}/what-if`, { deletes, ...lost.scope }, false);
  return impact.shifts.filter((one) => one.before === "allowed" && one.after !== "allowed" && one.relation.startsWith("can_"));
}

/** The call of an act, with its reason where it goes. */
export function callOf(act, w, row, said) {
  const call = act.call(w, row, said);
  if (!said.reason) return call;
  return call.method === "DELETE" ? { ...call, path: `${call.path}?reason=${encodeURIComponent(said.reason)}` } : { ...call, body: { ...call.body, reason: said.reason } };
}
