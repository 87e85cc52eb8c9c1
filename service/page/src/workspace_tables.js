// What an owner reads of a workspace: each table's calls, columns and rows. No elements but what a cell holds.
import * as api from "./api.js";
import { many } from "./dom.js";

const AT_ONCE = 6;
const home = (workspace) => `/v1/workspaces/${encodeURIComponent(workspace)}`;
export const pathIn = (workspace, ...parts) => [home(workspace), ...parts.map(encodeURIComponent)].join("/");

let told = () => {};
/** Who hears how much of a long list is there so far. */
export const tellReading = (hears) => (told = hears);

/** Every page of a list, one after the other; `early` hears what came first, where that is not all. */
export async function every(path, name, early = null) {
  const found = [];
  for (let cursor = null; ; ) {
    const said = await api.call("GET", `${path}${path.includes("?") ? "&" : "?"}limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, undefined, false);
    found.push(...said[name]);
    cursor = said.next_cursor;
    if (!cursor) return found;
    if (found.length === said[name].length) early?.([...found]);
    told(found.length);
  }
}

/** What `one` makes of each, so many at once, in their order. */
async function each(items, one) {
  const found = [];
  for (let i = 0; i < items.length; i += AT_ONCE) found.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(one))));
  return found;
}

export const targetOf = (one) => (one.resources.length ? one.resources.join(", ") : one.labels.length ? `all with ${one.labels.join(" and ")}` : "whole workspace");
const day = (text) => text?.slice(0, 16).replace("T", " ") ?? "";
const sorted = (all) => [...all].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

export const listed = {
  members: (w, early) => every(pathIn(w, "members"), "members", early),
  groups: (w) => every(pathIn(w, "groups"), "groups").then((all) => each(all, (one) => api.call("GET", pathIn(w, "groups", one.id), undefined, false))),
  policies: (w) => every(pathIn(w, "policies"), "policies"),
  labels: (w) => every(pathIn(w, "labels"), "labels"),
  tokens: (w) => every(pathIn(w, "tokens"), "tokens"),
};

/** Since when each is a member, where the caller may read tuples. */
async function sinceOf(workspace, store) {
  if (api.isPerson() || !api.hasKey()) return new Map();
  const found = new Map();
  for (let cursor; ; ) {
    const said = await api.readTuples(store, { object: `workspace:${workspace}`, relation: "member", limit: 1000, ...(cursor ? { cursor } : {}) }).catch(() => ({ tuples: [] }));
    for (const one of said.tuples) found.set(one.subject, one.at);
    cursor = said.next_cursor;
    if (!cursor) return found;
  }
}

/** What was paired with each key: of ten thousand members, each looks at its own alone. */
function gathered(pairs) {
  const found = new Map();
  for (const [key, one] of pairs) found.has(key) ? found.get(key).push(one) : found.set(key, [one]);
  return found;
}

/** Names for `type:id`, as the tables know them. */
function namer({ members = [], groups = [], tokens = [] }) {
  const known = new Map([...members.map((one) => [`member:${one.id}`, one.name ?? one.email]), ...groups.map((one) => [`group:${one.id}`, one.name]), ...tokens.map((one) => [`token:${one.id}`, one.description])]);
  return (id) => (known.get(id) ? `${known.get(id)} (${id})` : id);
}

/** Those that stand in the workspace itself: what hangs off them is reached, and seen, through them. */
export const resourcesOf = (types) => async (workspace) => (await each(types, (type) => every(`${pathIn(workspace, "resources")}?type=${type}`, "resources"))).flat();
const LABELLED = ["source", "space"];

const column = (name, of, more = {}) => ({ name, of, ...more });

/** The tables, by name: `read` gives rows, `columns` what of a row stands where, `picture` where it is drawn. */
export const TABLES = {
  members: {
    title: "Members", noun: "member", type: () => "member", empty: "Nobody is a member. Add somebody by their e-mail address.",
    /** Of a crowd the first are shown at once, and what they are in and hold once all is read. */
    async read(w, store, _, __, early) {
      const first = (some) => early(some.map((one) => ({ ...one, groups: ["…"], groupIds: [], policies: ["…"], since: undefined })));
      const [members, groups, policies, since] = await Promise.all([listed.members(w, first), listed.groups(w), listed.policies(w), sinceOf(w, store)]);
      const joined = gathered(groups.flatMap((group) => group.members.map((id) => [id, group])));
      const held = gathered(policies.flatMap((policy) => policy.holders.map((holder) => [holder, policy])));
      return members.map((one) => {
        const inside = joined.get(one.id) ?? [];
        const holds = new Set([`member:${one.id}`, ...inside.map((group) => `group:${group.id}`)].flatMap((holder) => held.get(holder) ?? []));
        return { ...one, groups: sorted(inside.map((group) => group.name ?? group.id)), groupIds: inside.map((group) => group.id), policies: [...holds].map((policy) => `${policy.role}: ${targetOf(policy)}`), since: since.get(`member:${one.id}`) };
      });
    },
    columns: [column("Member", (one) => one.name ?? one.id, { under: (one) => one.id }), column("Address", (one) => one.email ?? ""), column("Role", (one) => one.role, { badge: (one) => one.role === "owner" }), column("Groups", (one) => one.groups), column("Policies", (one) => one.policies), column("PII", (one) => (one.pii || one.role === "owner" ? "sees it" : "masked")), column("Since", (one) => day(one.since), { some: true })],
    picture: (one) => ({ mode: "what", subject: `member:${one.id}` }), asked: "What can they?",
    why: (one, w) => ({ mode: "why", subject: `member:${one.id}`, relation: one.role === "owner" ? "can_manage_access" : "can_open", object: `workspace:${w}` }),
  },
  groups: {
    title: "Groups", noun: "group", type: () => "group", empty: "There is no group yet. Make one, and give it policies: all in it hold them.",
    async read(w) {
      const [groups, members, policies] = await Promise.all([listed.groups(w), listed.members(w), listed.policies(w)]);
      const name = namer({ members });
      return groups.map((one) => ({ ...one, memberNames: one.members.map((id) => name(`member:${id}`)), policyTexts: policies.filter((policy) => policy.holders.includes(`group:${one.id}`)).map((policy) => `${policy.role}: ${targetOf(policy)}`) }));
    },
    columns: [column("Group", (one) => one.name ?? one.id, { under: (one) => one.id }), column("Members", (one) => one.memberNames), column("Invited", (one) => one.invites.length || ""), column("Policies", (one) => one.policyTexts), column("PII", (one) => (one.pii ? "sees it" : "masked"))],
    picture: (one) => ({ mode: "what", subject: `group:${one.id}#member` }), asked: "What can they?",
  },
  policies: {
    title: "Policies", noun: "policy", type: () => "policy", empty: "There is no policy yet: owners may all, and members see nothing.",
    async read(w) {
      const [policies, members, groups] = await Promise.all([listed.policies(w), listed.members(w), listed.groups(w)]);
      const name = namer({ members, groups });
      return policies.map((one) => ({ ...one, names: one.holders.map(name) }));
    },
    columns: [column("Policy", (one) => one.id), column("Role", (one) => one.role ?? ""), column("On", (one) => (one.resources.length || !one.labels.length ? targetOf(one) : "")), column("Labels", (one) => one.labels), column("Holders", (one) => one.names)],
    picture: (one) => ({ mode: "who", object: `policy:${one.id}`, relation: "holder" }), asked: "Who holds it?",
  },
  labels: {
    title: "Labels", noun: "label", type: () => "label", empty: "There is no label.",
    async read(w) {
      const [labels, things, policies] = await Promise.all([listed.labels(w), resourcesOf(LABELLED)(w), listed.policies(w)]);
      return labels.map((one) => ({ ...one, id: one.label, on: things.filter((thing) => thing.labels.includes(one.label)).map((thing) => `${thing.type}:${thing.id}`), required: policies.filter((policy) => policy.labels.includes(one.label)).map((policy) => policy.id), workspace: w }));
    },
    columns: [column("Label", (one) => one.label), column("Description", (one) => one.description ?? ""), column("Attached to", (one) => one.on), column("Required by", (one) => one.required)],
    picture: (one) => ({ mode: "who", object: `label:${one.workspace}/${one.label}`, relation: "carrier", type: "source" }), asked: "What carries it?",
  },
  resources: {
    title: "Resources", noun: "resource", type: (one) => one.type, empty: "There is no resource you may read.",
    read: resourcesOf([...LABELLED, "warehouse", "tracking_plan", "function"]),
    columns: [column("Resource", (one) => one.name ?? one.id, { under: (one) => `${one.type}:${one.id}` }), column("Type", (one) => one.type), column("In", (one) => one.parent), column("Labels", (one) => one.labels)],
    picture: (one) => ({ mode: "who", object: `${one.type}:${one.id}`, relation: "can_read" }), asked: "Who can read it?",
  },
  tokens: {
    title: "Tokens", noun: "token", type: () => "token", empty: "There is no token. Programs that act in this workspace take one each.",
    async read(w) {
      const [tokens, policies] = await Promise.all([listed.tokens(w), listed.policies(w)]);
      return tokens.map((one) => ({ ...one, policyTexts: policies.filter((policy) => policy.holders.includes(`token:${one.id}`)).map((policy) => `${policy.role}: ${targetOf(policy)}`) }));
    },
    columns: [column("Token", (one) => one.description ?? one.id, { under: (one) => one.id }), column("Policies", (one) => (one.owner ? ["owner: whole workspace", ...one.policyTexts] : one.policyTexts)), column("Expires", (one) => day(one.expires_at) || "never"), column("Last use", (one) => day(one.last_used_at) || "never"), column("Made by", (one) => `${one.created_by ?? ""}${one.creator_left ? " (has left)" : ""}`, { warn: (one) => one.creator_left })],
    picture: (one) => ({ mode: "what", subject: `token:${one.id}` }), asked: "What can it?",
  },
  invites: {
    title: "Invites", noun: "invite", empty: "Nobody is invited.",
    read: (w) => every(pathIn(w, "invites"), "invites"),
    columns: [column("Address", (one) => one.email ?? one.id, { under: (one) => one.id }), column("Expires", (one) => `${day(one.expires_at)}${one.expired ? " (has expired)" : ""}`, { warn: (one) => one.expired }), column("Groups", (one) => one.groups), column("Policies", (one) => one.policies)],
  },
  requests: {
    title: "Requests", noun: "request", empty: "Nobody asks for more access.",
    read: (w) => every(pathIn(w, "access-requests"), "requests"),
    columns: [column("Who", (one) => one.requester), column("Asks", (one) => one.text ?? ""), column("When", (one) => day(one.created_at))],
    picture: (one) => ({ mode: "what", subject: `member:${one.requester.replace(/^member:/, "")}` }), asked: "What can they now?",
  },
  audit: {
    title: "Audit", noun: "line", empty: "Nothing was done that this filter means.",
    /** The newest lines; the export holds all of them. */
    async read(w, _, filter, cursor) {
      const said = await api.call("GET", `${pathIn(w, "audit")}?${trail(filter)}limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, undefined, false);
      return Object.assign(said.entries.map((one, i) => ({ ...one, id: i })), { more: said.next_cursor });
    },
    columns: [column("When", (one) => one.at.slice(0, 19).replace("T", " ")), column("Who", (one) => one.by ?? ""), column("What", (one) => one.action), column("On", (one) => one.object), column("Why", (one) => one.reason ?? ""), column("Revision", (one) => one.revision ?? ""), column("Outcome", (one) => (one.refused ? `refused: ${one.message ?? one.code}` : "done"), { warn: (one) => one.refused, badge: (one) => !one.refused })],
  },
};

/** The filters of the trail as a query that more is added to. */
export const trail = (filter) => Object.entries(filter).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}&`).join("");

export const textOf = (row, one) => [one.of(row), one.under?.(row) ?? ""].flat().join(", ");
export const foundIn = (rows, columns, text) => rows.filter((row) => columns.some((one) => textOf(row, one).toLowerCase().includes(text.toLowerCase())));
export const counted = (table, rows, shown) => `${shown === rows.length ? many(rows.length, table.noun) : `${shown} of ${many(rows.length, table.noun)}`}${rows.more ? ", the newest; the export has all" : ""}`;
