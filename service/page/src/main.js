// The page: reads the view from the address, asks, and shows the answer as words, picture and table.
import * as api from "./api.js";
import { ask, canCount, countAll, goOn, proveRow } from "./answer.js";
import { askForKey, showCalls, showHelp } from "./dialogs.js";
import { count, fill, h, icon, s } from "./dom.js";
import { Drawing } from "./draw.js";
import { csvOf, pngOf, save, svgText } from "./exports.js";
import { baseOf, keyOf, Picture } from "./graph.js";
import { readModel, relationsOf, subjectTypes, typeOf } from "./model.js";
import { sinceCard, Slider } from "./past.js";
import { field, forgetIds, idSuggester } from "./search.js";
import { learnShapes } from "./shapes.js";
import { addressOf, isWhole, leftOut, MODES, questionOf, readView, WORKSPACE } from "./state.js";
import { answerColumn, sidePanel, tabled, tableForm } from "./views.js";
import { Desk } from "./workspace.js";

const place = (id) => document.getElementById(id);
const TITLES = { who: "Who can", what: "What can", why: "Why" };
const now = { view: readView(location.hash), answer: null, picture: new Picture(), types: new Map(), model: "", stores: [], asked: "", keys: true, revision: null, selected: null };
let drawing = null;
let counting = null;
const slider = new Slider(place("past"), (at) => at !== now.view.at && go({ at, proof: "", changed: "" }));

const desk = new Desk(place("desk"), { go: (...all) => go(...all), say: (text) => say(text), store: () => now.store });

// --- moving between views ---

/** Look at something else; the browser's back button leads back. */
function go(change, { replace = false } = {}) {
  now.view = { ...now.view, ...change };
  const address = addressOf(now.view);
  if (address !== location.hash) history[replace ? "replaceState" : "pushState"](null, "", address);
  return update();
}

async function update() {
  showModes();
  if (now.view.mode === WORKSPACE) return showDesk();
  if (now.stores.length && now.model !== now.view.store) await learnModel();
  showQuestion();
  const asked = questionOf(now.view);
  if (asked !== now.asked) await answer(asked);
  else await render();
}

/** The tables of a workspace in place of the picture. */
async function showDesk() {
  try {
    await desk.show(now.view);
  } catch (fault) {
    showFault(fault);
  } finally {
    answered();
  }
}

async function answer(asked) {
  counting?.abort();
  now.asked = asked;
  now.selected = null;
  place("side").hidden = true;
  if (!isWhole(now.view)) return showEmpty(), answered();
  place("rooms").setAttribute("aria-busy", "true");
  try {
    const info = await api.storeInfo(now.view.store);
    if (asked !== now.asked) return;
    slider.show({ store: now.view.store, at: now.view.at, newest: info.revision });
    const found = await ask(now.view, now.types);
    if (asked !== now.asked) return;
    performance.mark("answered");
    Object.assign(now, { answer: found, picture: new Picture(found.ends) });
    now.picture.incoming = found.kind === "who";
    aged(info.revision);
    for (const one of [...found.proofs, ...found.branches]) now.picture.add(one.path);
    await render({ isNew: true });
    requestAnimationFrame(() => setTimeout(() => performance.measure("first paint", "answered")));
    if (canCount(found, now.view)) countOn(found, asked);
  } catch (fault) {
    if (asked === now.asked) showFault(fault);
  } finally {
    place("rooms").removeAttribute("aria-busy");
    answered();
  }
}

/** Where there is more than was listed, how much; where that takes too long, "more than" stays. */
async function countOn(found, asked) {
  counting = new AbortController();
  try {
    await countAll(found, counting.signal);
  } catch {
    return;
  }
  if (asked !== now.asked) return;
  performance.mark("counted");
  await render({ anchor: found.ends[0] });
  requestAnimationFrame(() => setTimeout(() => performance.measure("count paint", "counted")));
  say(`${found.headline}. ${found.truncated ?? ""}`);
}

/** How many answers were shown, for whoever waits for the next. */
const answered = () => (document.body.dataset.answers = String(Number(document.body.dataset.answers ?? 0) + 1));

/** A link keeps the revision it was made at; what is shown is always the newest. */
function aged(revision) {
  const linked = Number(now.view.revision);
  if (linked && linked !== revision && !now.view.at) now.answer.note = [now.answer.note, `The link was made at revision ${count(linked)}; this is revision ${count(revision)}.`].filter(Boolean).join(" ");
  now.revision = revision;
}

function showFault(fault) {
  now.answer = null;
  now.asked = "";
  if (fault.status === 401 && api.isPerson() && now.view.mode !== WORKSPACE) return demandKey("The picture takes an API key of the service: a token or a session opens the workspace only. Both are kept in this tab's memory.");
  if (fault.status === 401) return demandKey(api.hasKey() ? "The key is not known, has expired or was revoked." : null);
  const hint = fault.status === 403 ? "Another key may be allowed to." : fault.code === "deadline_exceeded" ? "The first question of a kind takes longest: ask again." : "";
  stage().replaceChildren();
  // Nothing went wrong: the question is not whole yet.
  if (fault.code === "choose") return fill(place("answer"), h("div", { class: "verdict", role: "alert" }, h("h2", {}, "Choose first"), h("p", {}, `${sentence(fault.message)}.`)));
  fill(place("answer"), h("div", { class: "verdict fault", role: "alert" }, h("h2", {}, "No answer"), h("p", {}, `${sentence(fault.message)}. ${hint}`), h("button", { type: "button", onclick: () => update() }, "Ask again")));
  return say(`No answer: ${fault.message}`);
}

// --- showing ---

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const stage = () => place("stage");
const say = (text) => (place("said").textContent = text);
const proofAt = () => Math.min(Math.max(0, Number(now.view.proof || 1) - 1), Math.max(0, now.answer.proofs.length - 1));
function shownRows() {
  const left = leftOut(now.view);
  return left.size ? now.answer.rows.filter((one) => !left.has(`t:${one.type}`) && !left.has(`r:${one.relation}`)) : now.answer.rows;
}

/** Show the answer as the view has it; `anchor` is a node that stays where it is. */
async function render({ isNew = false, anchor = null } = {}) {
  const { answer: found, view } = now;
  if (!found) return isWhole(view) ? undefined : showEmpty();
  const rows = shownRows();
  const chosen = found.proofs[proofAt()];
  fill(place("answer"), answerColumn(found, { rows, at: proofAt(), turn, choose, filters: filtersOf(found), left: leftOut(view), toggle, explain, past: view.at && found.kind !== "why" ? sinceCard(view, now.revision, found, (open) => go({ changed: open ? "1" : "" }, { replace: true })) : null }));
  if (isNew) say(`${found.headline}. ${found.sentence} ${found.truncated ?? ""}`);
  else if (found.rows.length) say(`${count(rows.length)} of ${count(found.rows.length)} shown`);
  if (view.form === "table") return showTable(found, rows, chosen);
  return showPicture(found, rows, { isNew, anchor });
}

function filtersOf(found) {
  const made = new Map();
  const add = (kind, name) => {
    const key = `${kind[0]}:${name}`;
    const there = made.get(key) ?? made.set(key, { kind, name, key, count: 0 }).get(key);
    there.count += 1;
  };
  if (found.rows.length) for (const row of found.rows) (add("type", row.type), add("relation", row.relation));
  else for (const { tuple, by } of now.picture.tuples.values()) if (by !== null) (add("type", typeOf(by === tuple.object ? tuple.subject : tuple.object)), add("relation", tuple.relation));
  return [...made.values()].sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}

/** The picture of the rows that are shown, and of what was expanded. */
async function showPicture(found, rows, { isNew, anchor }) {
  const fresh = !drawing || !stage().contains(drawing.svg);
  if (fresh) openStage();
  stage().classList.toggle("bare", now.picture.tuples.size === 0 && found.kind !== "why");
  const seen = new Picture(now.picture.ends);
  Object.assign(seen, { unfolded: now.picture.unfolded, more: now.picture.more, incoming: now.picture.incoming, rests: found.rests ?? [] });
  if (found.rows.length) for (const row of rows) seen.add(row.path ?? []);
  else for (const one of [...found.proofs, ...found.branches]) seen.add(one.path);
  for (const { tuple, by } of now.picture.tuples.values()) if (by !== null) seen.add([tuple], by);
  const chosen = found.proofs[proofAt()];
  seen.kept = new Set((chosen?.path ?? []).flatMap((one) => [baseOf(one.subject), one.object]));
  drawing.proof = chosen ? keysOf(chosen) : null;
  const ends = found.kind === "why" ? { first: found.ends[0], last: found.ends[1] } : found.kind === "who" ? { last: found.ends[0] } : { first: found.ends[0] };
  await drawing.show(seen.drawn(leftOut(now.view)), { ...ends, anchor: fresh || isNew ? null : (anchor ?? [...drawing.places.keys()][0] ?? null) });
  drawing.pick(now.selected);
}

const keysOf = (proof) => new Set(proof.path.map(keyOf));

function turn(next) {
  const total = now.answer.proofs.length;
  return go({ proof: String(((next + total) % total) + 1) }, { replace: true });
}

async function choose(row) {
  if (!row.looked) {
    await proveRow(now.answer, now.view, row);
    now.picture.add(row.path ?? []);
    await render({ anchor: now.answer.ends[0] });
  }
  const at = now.answer.proofs.findIndex((one) => one.row === row);
  if (at >= 0) go({ proof: String(at + 1) }, { replace: true }).then(() => drawing?.bring && drawing.places.has(row.id) && drawing.bring(row.id));
}

/** Open a fold: the next of those alike, of the answer's rest, or of a node's tuples. */
async function unfold({ id, sign, more }) {
  const { answer: found, view } = now;
  try {
    if (sign) now.picture.unfold(sign);
    else if (more.id) await readOn(more.id);
    else for (const row of await goOn(found, view, more.type)) now.picture.add(row.path ?? []);
  } catch (fault) {
    found.note = fault.message;
  }
  if (found !== now.answer) return;
  await render({ anchor: found.ends[0] });
  drawing?.focus(drawing.places.has(id) ? id : found.ends[0]);
  say(found.truncated ?? "");
}

const explain = (row) => go({ mode: "why", ...row.list.makes(row.id), type: "", without: "", proof: "", changed: "", revision: "" });

function toggle(key) {
  const left = leftOut(now.view);
  if (!left.delete(key)) left.add(key);
  return go({ without: [...left].join(",") }, { replace: true });
}

function showTable(found, rows, chosen) {
  drawing = null;
  fill(stage(), bar(), tableForm(tabled(found, rows, chosen), `${found.headline} ${found.kind === "why" ? ": " : ""}${found.sentence}`, (found.tablePlace ??= {})));
}

function showEmpty() {
  now.answer = null;
  drawing = null;
  const example = { who: "Choose an object and a relation: who has it, and through what, is drawn here.", what: "Choose a subject: all it can reach is drawn here.", why: "Choose a subject, a relation and an object: the tuples that prove it are drawn here." }[now.view.mode];
  fill(place("answer"), h("div", { class: "verdict" }, h("h2", {}, `${TITLES[now.view.mode]}…`), h("p", {}, example)));
  fill(stage(), h("div", { class: "empty" }, h("img", { src: "/page/icon.svg", alt: "", width: 64, height: 64 }), h("p", {}, "Who has access, by looking."), h("p", { class: "quiet" }, "Press / to search, ? for the keys.")));
}

// --- the stage ---

function openStage() {
  const svg = s("svg", { class: "picture", role: "group", "aria-label": "The picture: nodes are objects, edges are tuples. Tab and arrows move along it." });
  fill(stage(), bar(), svg, h("div", { class: "zooms" }, tool("M10 4v12M4 10h12", "Larger", () => drawing.by(1.3)), tool("M4 10h12", "Smaller", () => drawing.by(1 / 1.3)), tool("M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4", "All of it", () => drawing.fit())));
  drawing = new Drawing(svg, {
    chosen: (id) => show(id),
    opened: (id) => expand(id),
    unfold,
  });
}

const tool = (path, label, onclick) => h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick }, icon(path));

function bar() {
  const isTable = now.view.form === "table";
  const menu = h("details", { class: "menu" }, h("summary", { class: "button" }, "Export"), h("div", {}, ["SVG", "PNG", "JSON", "CSV"].map((kind) => h("button", { type: "button", disabled: isTable && (kind === "SVG" || kind === "PNG"), onclick: () => ((menu.open = false), take(kind)) }, kind))));
  return h("div", { class: "bar", role: "toolbar", "aria-label": "The answer" },
    h("button", { type: "button", id: "form", "aria-pressed": String(isTable), onclick: toggleForm }, isTable ? "Picture" : "Table"),
    h("button", { type: "button", onclick: () => showCalls(api.madeCalls(), now.view, now.answer?.proofs[proofAt()]) }, "Call"),
    menu,
    h("button", { type: "button", id: "share", onclick: share }, "Share"));
}

const toggleForm = () => go({ form: now.view.form === "table" ? "picture" : "table" });

async function share(event) {
  await go({ revision: String(now.revision ?? "") }, { replace: true });
  await navigator.clipboard?.writeText(location.href).catch(() => {});
  const said = "Link copied; it holds no key";
  say(said);
  const button = place("share") ?? event.target;
  button.textContent = said;
  setTimeout(() => (button.textContent = "Share"), 2500);
}

async function take(kind) {
  const rows = shownRows();
  const name = `iamgraph-${now.view.mode}`;
  const { header, rows: cells } = tabled(now.answer, rows, now.answer.proofs[proofAt()]);
  if (kind === "CSV") return save(`${name}.csv`, csvOf(header, cells), "text/csv");
  if (kind === "JSON") return save(`${name}.json`, `${JSON.stringify({ question: { ...now.view, revision: now.revision }, answer: now.answer.raw, proofs: now.answer.proofs.map(({ path, sentence }) => ({ path, sentence })) }, null, 2)}\n`, "application/json");
  const text = svgText(drawing.svg, drawing.box());
  return kind === "SVG" ? save(`${name}.svg`, text, "image/svg+xml") : save(`${name}.png`, await pngOf(text), "image/png");
}

/** Select a node, and tell what is known of it. */
function show(id) {
  now.selected = id;
  drawing?.pick(id);
  const look = (change, other) => (change ? go({ proof: "", without: "", ...change }) : show(other));
  return sidePanel(place("side"), id, now.view.store, { go: look, close: unshow, open: expand, isExpanded: now.picture.isExpanded(id) });
}

function unshow() {
  const id = now.selected;
  now.selected = null;
  place("side").hidden = true;
  drawing?.pick(null);
  if (id) drawing?.focus(id);
}

/** Bring the tuples around a node into the picture, or take them out again. */
async function expand(id) {
  if (now.picture.isExpanded(id)) now.picture.collapse(id);
  else {
    const read = await readOn(id, { into: null, out: null });
    say(`${count(read)} tuples of ${id}`);
  }
  await render({ anchor: id });
  drawing?.focus(id);
  if (now.selected === id) show(id);
}

/** Read the next of a node's tuples into the picture; how many there were. */
async function readOn(id, from = now.picture.more.get(id)) {
  const page = (side, cursor) => (cursor === undefined ? { tuples: [] } : api.readTuples(now.view.store, { [side]: id, limit: 100, ...(cursor ? { cursor } : {}) }, true));
  const [into, out] = await Promise.all([page("object", from.into), page("subject", from.out)]);
  const all = [...into.tuples, ...out.tuples];
  now.picture.add(all, id);
  if (into.next_cursor || out.next_cursor) now.picture.more.set(id, { into: into.next_cursor ?? undefined, out: out.next_cursor ?? undefined });
  else now.picture.more.delete(id);
  return all.length;
}

// --- the question ---

function showModes() {
  fill(place("modes"), MODES.map((mode) => h("a", { href: addressOf({ ...now.view, mode, type: "", without: "", proof: "", revision: "" }), "aria-current": now.view.mode === mode ? "page" : null }, TITLES[mode], mode === "why" ? h("span", { class: "wide" }, " / why not") : null)), h("a", { href: addressOf({ mode: WORKSPACE, workspace: now.view.workspace, table: now.view.table }), "aria-current": now.view.mode === WORKSPACE ? "page" : null }, "Workspace"));
  document.body.classList.toggle("at-desk", now.view.mode === WORKSPACE);
}

function showQuestion() {
  const { view, types } = now;
  const set = (name) => (text) => text !== now.view[name] && go({ [name]: text, proof: "", without: "", revision: "" });
  const subject = () => field({ label: "Subject", value: view.subject, hint: `${subjectTypes(types)[0] ?? "member"}:…`, suggest: idSuggester(view.store, types), done: set("subject") });
  const object = () => field({ label: "Object", value: view.object, hint: "type:id", suggest: idSuggester(view.store, types), done: set("object") });
  const relation = () => field({ label: "Relation", value: view.relation, hint: view.mode === "what" ? "any" : "can_…", suggest: async (text) => relationsOf(types, view.mode === "what" ? view.type : typeOf(view.object)).filter((one) => text === view.relation || one.includes(text)), done: set("relation") });
  const type = (label) => field({ label, value: view.type, hint: "any", suggest: async (text) => [...types.keys()].filter((one) => one.includes(text)), done: set("type") });
  const parts = { who: () => [object(), relation(), type("Type of subject")], what: () => [subject(), type("Type of object"), relation()], why: () => [subject(), relation(), object()] }[view.mode];
  const shape = JSON.stringify([view.mode, view.store, view.subject, view.relation, view.object, view.type, now.model]);
  if (place("ask").dataset.shape === shape) return;
  const focused = document.activeElement?.closest?.(".field")?.querySelector("label")?.textContent;
  place("ask").dataset.shape = shape;
  fill(place("ask"), parts(), h("button", { class: "main", type: "submit" }, "Ask"));
  const again = [...place("ask").querySelectorAll(".field")].find((one) => one.querySelector("label").textContent === focused);
  const missing = [...place("ask").querySelectorAll("input")].find((one) => !one.value);
  if (again) (isWhole(view) ? again.querySelector("input") : (missing ?? again.querySelector("input"))).focus();
}

place("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  now.asked = "";
  update();
});

async function learnModel() {
  now.types = readModel((await api.currentModel(now.view.store).catch(() => ({ text: "" }))).text);
  now.model = now.view.store;
  learnShapes([...now.types.keys()]);
  forgetIds();
}

// --- the start ---

function demandKey(said) {
  fill(place("answer"), h("div", { class: "verdict" }, h("h2", {}, "A key, please"), h("p", {}, "What is stored is shown to who may read it."), h("button", { type: "button", class: "main", onclick: () => demandKey() }, "Enter a key")));
  if (!document.querySelector("dialog")) askForKey(said, (text) => {
    if (api.isPersons(text)) now.view.mode = WORKSPACE;
    api.setKey(text, now.view.mode === WORKSPACE);
    begin();
  });
}

function showTools() {
  const dark = () => document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const store = h("select", { "aria-label": "Store", onchange: (event) => go({ store: event.target.value, subject: "", relation: "", object: "", type: "", proof: "", without: "" }) }, now.stores.map((one) => h("option", { value: one, selected: one === now.view.store }, one)));
  fill(place("tools"), now.stores.length ? store : null, tool("M10 3a7 7 0 1 0 7 7a5 5 0 0 1-7-7Z", "Dark or light", () => (document.documentElement.dataset.theme = dark() === "dark" ? "light" : "dark")), now.keys ? tool("M11.2 8.8a3.7 3.7 0 1 0-6.4 3.6a3.7 3.7 0 0 0 6.4-3.6ZM11.4 9L17 4.5M14.2 6.8l2 2.4", "Key", () => demandKey()) : null, tool("M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2Q10 10.3 10 12M10 15v.5", "Keys and help", showHelp));
}

async function begin() {
  try {
    desk.forget();
    if (api.isPerson()) {
      now.stores = [];
      showTools();
      return await go({ mode: WORKSPACE }, { replace: true });
    }
    const found = await api.stores().catch((fault) => {
      if (fault.status === 403) return { stores: [{ id: now.store }] };
      throw fault;
    });
    now.stores = found.stores.map((one) => one.id);
    if (!now.view.store) now.view.store = now.stores.includes(now.store) ? now.store : (now.stores[0] ?? now.store);
    now.asked = now.model = "";
    showTools();
    await go({}, { replace: true });
  } catch (fault) {
    showFault(fault);
  }
}

const isTyping = (event) => event.target.matches?.("input, select, textarea") || document.querySelector("dialog");
const keys = {
  "/": () => (now.view.mode === WORKSPACE ? place("find") : place("ask").querySelector("input"))?.focus(),
  "?": showHelp,
  "+": () => drawing?.by(1.3),
  "=": () => drawing?.by(1.3),
  "-": () => drawing?.by(1 / 1.3),
  0: () => drawing?.fit(),
  t: () => now.answer && toggleForm(),
  "[": () => now.answer?.proofs.length && turn(proofAt() - 1),
  "]": () => now.answer?.proofs.length && turn(proofAt() + 1),
  Escape: () => (place("side").hidden ? history.back() : unshow()),
};
addEventListener("keydown", (event) => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
addEventListener("popstate", () => {
  now.view = { ...readView(location.hash), store: readView(location.hash).store || now.view.store };
  update();
});
place("skip").addEventListener("click", (event) => (event.preventDefault(), place("answer").focus()));

showTools();
showModes();
showEmpty();
const { store, keys: asksForKeys } = await api.about();
Object.assign(now, { store, keys: asksForKeys });
if (asksForKeys) demandKey();
else begin();
