// One act: its fields, what it would take away, the call behind it, and what the service said.
import * as api from "./api.js";
import { opened } from "./dialogs.js";
import { count, fill, h, many } from "./dom.js";
import { curlOf, quoted } from "./exports.js";
import { field as suggesting } from "./search.js";
import { callOf, tried } from "./workspace_acts.js";
import { listed, resourcesOf } from "./workspace_tables.js";

const SHOWN = 50;
let roles = null;

/** Opens the act on a row, or without one; `again` reads the table once it is done. */
export async function openAct(act, { workspace, store, row, again, say }) {
  const fields = act.fields?.() ?? [];
  if (fields.some((one) => one.roles)) roles ??= await api.call("GET", "/v1/roles", undefined, false).then((said) => said.roles.map((one) => one.id), () => []);
  const said = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  const behind = h("pre", { tabindex: "0" });
  const refusal = h("p", { class: "notice warn", role: "alert", hidden: true });
  const lost = act.lost ? h("section", { class: "lost", "aria-label": "What would be lost", "aria-live": "polite" }) : null;
  const show = () => {
    const call = callOf(act, workspace, row, said());
    const words = [...act.command(workspace, row, said()), ...(said().reason ? ["--reason", said().reason] : []), "--store", store];
    behind.textContent = `${curlOf(call)}\n\niamgraph ${words.map(quoted).join(" ")}`;
  };
  const send = async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.main, button.danger");
    button.disabled = true;
    refusal.hidden = true;
    try {
      const { method, path, body } = callOf(act, workspace, row, said());
      const done = await api.call(method, path, body, false);
      if (done.secret) showSecret(done.secret, box);
      else box.close();
      await again(`${act.title}: done, at revision ${count(done.revision)}.`);
    } catch (fault) {
      refusal.hidden = false;
      refusal.textContent = `Refused: ${fault.message}${fault.said?.relation ? `. It takes ${fault.said.relation}.` : ""}`;
      button.disabled = false;
    }
  };
  const changed = () => (show(), clearTimeout(form.wait), (form.wait = setTimeout(tell, 200)));
  const known = suggestions(workspace);
  const form = h("form", { onsubmit: send, oninput: changed },
    fields.map((one) => (one.suggest ? suggested(one, known[one.suggest], changed) : field(one))), lost,
    field({ name: "reason", label: "Reason, for the audit trail", optional: true }),
    refusal,
    h("details", {}, h("summary", {}, "The call behind it"), behind),
    h("div", { class: "ends" }, h("button", { class: act.danger ? "danger" : "main" }, act.title), h("button", { type: "button", onclick: () => box.close() }, "Cancel")));
  const tell = async () => {
    if (!lost) return;
    const asked = JSON.stringify(said());
    fill(lost, h("h3", {}, "What would be lost"), h("p", { class: "quiet" }, "Trying it…"));
    const told = act.lost(workspace, said()).told;
    let exact;
    try {
      const shifts = await tried(act, workspace, store, said());
      exact = shifts === null ? null : h("details", { open: shifts.length <= 8 }, h("summary", {}, shifts.length ? `${many(shifts.length, "access")} would end` : "No access would end"), h("ul", { class: "steps" }, shifts.slice(0, SHOWN).map((one) => h("li", {}, h("code", {}, `${one.subject} ${one.relation} ${one.object}`))), shifts.length > SHOWN ? h("li", {}, `and ${count(shifts.length - SHOWN)} more`) : null));
    } catch (fault) {
      exact = h("p", { class: "quiet" }, `It could not be tried: ${fault.message}`);
    }
    if (asked !== JSON.stringify(said())) return;
    fill(lost, h("h3", {}, "What would be lost"), told.length ? h("ul", { class: "steps" }, told.slice(0, SHOWN).map((one) => h("li", {}, one))) : h("p", { class: "quiet" }, "Nothing that the tables tell of."), exact, exact === null && api.isPerson() ? h("p", { class: "quiet" }, "Every single access is told to a service's key of scope read.") : null);
  };
  const box = opened(row ? `${act.title}: ${row.name ?? row.email ?? row.description ?? row.label ?? row.id}` : act.title, form);
  show();
  (form.querySelector("input:not([name=reason]), select") ?? form.querySelector("input")).focus();
  await tell();
}

function field({ name, label, hint, options, optional, roles: isRole, type = "text" }) {
  const id = `act-${name}`;
  const of = isRole ? [...(optional ? [""] : []), ...(roles ?? [])] : options;
  const input = of ? h("select", { id, name }, of.map((one) => h("option", { value: one }, one || "none"))) : h("input", { id, name, type, placeholder: hint, required: !optional, autocomplete: "off", min: type === "number" ? 1 : null });
  return h("div", { class: "act-field" }, h("label", { for: id }, label), input);
}

/** What may be named in a workspace, each list read when first looked for. */
function suggestions(w) {
  const kept = new Map();
  const once = (name, read) => () => kept.get(name) ?? kept.set(name, read()).get(name);
  const members = once("members", () => listed.members(w));
  const groups = once("groups", () => listed.groups(w));
  const labelled = once("labelled", () => resourcesOf(["source", "space", "function"])(w));
  const ids = (read, type) => async () => (await read()).map((one) => (type ? `${type}:${one.id}` : one.id));
  return {
    members: async () => (await members()).flatMap((one) => [one.email ?? one.id]),
    groups: ids(groups),
    labels: async () => (await listed.labels(w)).map((one) => one.label),
    resources: ids(labelled),
    holders: async () => (await Promise.all([ids(groups, "group")(), ids(members, "member")(), ids(() => listed.tokens(w), "token")()])).flat(),
  };
}

/** A field that suggests what there is; of several, parted by commas, it completes the last. */
function suggested({ name, label, hint, optional, many: several }, read, changed) {
  const suggest = async (text) => {
    const at = several ? text.lastIndexOf(",") + 1 : 0;
    const last = text.slice(at).trim().toLowerCase();
    const found = (await read()).filter((one) => one.toLowerCase().includes(last)).slice(0, SHOWN);
    return found.length === 1 && found[0].toLowerCase() === last ? [] : found.map((one) => `${text.slice(0, at)}${at ? " " : ""}${one}`);
  };
  const made = suggesting({ label, value: "", hint, suggest, done: changed });
  const input = made.querySelector("input");
  input.name = name;
  input.required = !optional;
  made.classList.replace("field", "act-field");
  return made;
}

/** The secret, once: nothing keeps it but who copies it now. */
function showSecret(secret, box) {
  const copy = h("button", { type: "button", class: "main", onclick: () => navigator.clipboard?.writeText(secret).then(() => (copy.textContent = "Copied")) }, "Copy");
  fill(box.querySelector("form"), h("p", {}, "This is its secret. It is told this once: copy it now, nothing can show it again."), h("code", { id: "secret", tabindex: "0" }, secret), h("div", { class: "ends" }, copy, h("button", { type: "button", onclick: () => box.close() }, "Done")));
  copy.focus();
}
