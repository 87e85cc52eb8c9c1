// The answer in words: verdict, proofs, list and filters; the same as a table; and what is known of one node.
import * as api from "./api.js";
import { count, fill, h, many, readable, s } from "./dom.js";
import { baseOf } from "./graph.js";
import { idOf, typeOf } from "./model.js";
import { paged } from "./pages.js";
import { shapeOf } from "./shapes.js";

/** A type's mark beside a name. */
export function mark(type) {
  const { path, colour } = shapeOf(type);
  return s("svg", { viewBox: "-12 -12 24 24", class: `mark c${colour}`, "aria-hidden": "true" }, s("path", { class: "shape", d: path }));
}

/** An object, as one reads it. */
export const named = (id) => [mark(typeOf(id)), h("span", { class: "type" }, `${typeOf(id)}:`), h("span", { class: "id" }, readable(idOf(id)))];

// Rows of the list and of the table that are there at once.
const LISTED = 100;
const TABLED = 200;
// Between the ids of a path.
const WAY = " → ";

/** The column beside the picture. */
export function answerColumn(answer, { rows, at, turn, choose, filters, left, toggle, explain, past }) {
  const proof = answer.proofs[at];
  const verdict = h("div", { class: `verdict ${answer.kind === "why" ? (answer.allowed ? "yes" : "no") : ""}` }, h("h2", {}, answer.headline), h("p", {}, answer.sentence));
  const steps = proof ? proofCard(answer, proof, at, turn, explain) : null;
  const list = answer.rows.length ? paged(rows, LISTED, (answer.listPlace ??= {}), (shown) => h("ol", { class: "found", "aria-label": "What was found" }, shown.map((row) => rowItem(row, proof?.row === row, choose))), "what was found") : null;
  return [
    verdict,
    answer.truncated && h("p", { class: "notice warn", role: "note" }, answer.truncated),
    answer.note && h("p", { class: "notice", role: "note" }, answer.note),
    past,
    steps,
    branchList(answer.branches),
    changeList(answer.changes),
    filters.length ? filterBox(filters, left, toggle) : null,
    list,
  ];
}

function proofCard(answer, proof, at, turn, explain) {
  const many_ = answer.proofs.length > 1;
  const button = (way, label) => h("button", { type: "button", class: "small", "aria-label": label, onclick: () => turn(at + way) }, way < 0 ? "‹" : "›");
  return h("section", { class: "proof-card", "aria-label": "Proof" },
    h("header", {}, h("h3", {}, many_ ? `Proof ${count(at + 1)} of ${count(answer.proofs.length)}` : "Proof"), many_ && h("span", { class: "turns" }, button(-1, "Previous proof"), button(1, "Next proof"))),
    h("p", { class: proof.row ? "sentence brief" : "sentence", title: proof.row ? proof.sentence : null }, proof.sentence),
    h("details", {}, h("summary", {}, many(proof.path.length, "tuple")), h("ol", { class: "steps" }, proof.path.map((one) => h("li", {}, tupleLine(one))))),
    proof.row && h("button", { type: "button", class: "more", onclick: () => explain(proof.row) }, "Every proof of it"),
  );
}

const tupleLine = (one) => h("code", {}, `${readable(one.object)}#${one.relation}@${readable(one.subject)}`);

function rowItem(row, isChosen, choose) {
  return h("li", {}, h("button", { type: "button", class: "row", "aria-pressed": String(isChosen), onclick: () => choose(row) }, named(row.id), h("span", { class: "can" }, row.fault ? "cannot be decided" : row.relation)));
}

function filterBox(filters, left, toggle) {
  const groups = ["type", "relation"].map((kind) => [kind, filters.filter((one) => one.kind === kind)]).filter(([, found]) => found.length > 1 || found.some((one) => left.has(one.key)));
  if (!groups.length) return null;
  return h("details", { class: "filters", open: true }, h("summary", {}, "Filter"),
    groups.map(([kind, found]) => h("fieldset", {}, h("legend", {}, kind === "type" ? "Type" : "Relation"),
      found.map((one) => h("label", {}, h("input", { type: "checkbox", checked: !left.has(one.key), onchange: () => toggle(one.key) }), kind === "type" ? mark(one.name) : null, h("span", {}, one.name), h("span", { class: "count" }, count(one.count)))))));
}

/** Where a denied question stopped, branch by branch. */
function branchList(branches) {
  if (!branches?.length) return null;
  const item = (one) => h("li", {}, h("div", {}, h("b", {}, readable(one.object)), " ", h("code", {}, one.rewrite)), h("div", { class: "stopped" }, one.stopped));
  return h("section", { class: "proof-card" }, h("h3", {}, `Where it stopped: ${many(branches.length, "branch")}`), h("ul", { class: "branches" }, branches.map(item)));
}

function changeList(changes) {
  if (!changes?.length) return null;
  return h("section", { class: "proof-card" }, h("h3", {}, "What would allow it"), h("ul", { class: "branches" }, changes.map((one) => h("li", {}, one.sentence, h("ul", { class: "steps" }, one.writes.map((tuple) => h("li", {}, h("code", {}, readable(tuple)))))))));
}

// --- the table ---

/** The header and rows of an answer, for the table and for CSV. */
export function tabled(answer, rows, proof) {
  if (answer.kind !== "why") {
    const name = answer.kind === "who" ? "Subject" : "Object";
    const through = (row) => (row.path ?? []).map((one) => baseOf(one.subject)).filter((one, i, all) => all.indexOf(one) === i && one !== row.list.makes(row.id).subject).join(WAY);
    return { header: [name, "Type", "Relation", "Through"], rows: rows.map((row) => [row.id, row.type, row.relation, row.fault ?? through(row)]) };
  }
  const path = proof?.path ?? [];
  return { header: ["Step", "Subject", "Relation", "Object", "Since", "By", "Reason"], rows: path.map((one, i) => [i + 1, one.subject, one.relation, one.object, one.at?.slice(0, 10) ?? "", one.by ?? "", one.reason ?? ""]) };
}

const order = new Intl.Collator("en", { numeric: true });

/** The table, a page of rows at a time. `place` keeps the page and the order. */
export function tableForm({ header, rows }, caption, place) {
  const body = h("tbody");
  const heads = header.map((name, i) => h("th", { scope: "col", "aria-sort": "none" }, h("button", { type: "button", onclick: () => sort(i) }, name)));
  // Of several ids each is read by itself: the arrows between them are the page's own.
  const told = (one) => String(one).split(WAY).map(readable).join(WAY);
  const line = (row) => h("tr", {}, row.map((one, i) => (i === 0 ? h("th", { scope: "row" }, told(one)) : h("td", { "data-name": header[i] }, told(one)))));
  const table = h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), body);
  const box = h("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption });
  const show = () => {
    const { by, up } = place;
    heads.forEach((one, i) => one.setAttribute("aria-sort", i !== by ? "none" : up ? "ascending" : "descending"));
    const sorted = by === undefined ? rows : rows.map((row) => [String(row[by]), row]).sort((a, b) => (up ? 1 : -1) * order.compare(a[0], b[0])).map(([, row]) => row);
    fill(box, paged(sorted, TABLED, place, (shown) => (fill(body, shown.map(line)), table), "the table"));
  };
  const sort = (i) => (Object.assign(place, { up: place.by === i ? !place.up : true, by: i, at: 0 }), show(), heads[i].querySelector("button").focus());
  show();
  return box;
}

// --- one node ---

/** What is known of one object, and the other questions about it. */
export async function sidePanel(side, id, store, { go, close, open, isExpanded }) {
  const type = typeOf(id);
  const copied = (event) => navigator.clipboard?.writeText(id).then(() => (event.target.textContent = "Copied"));
  const head = h("header", {}, h("h2", {}, mark(type), h("span", {}, readable(idOf(id)))), h("button", { type: "button", class: "small", "aria-label": "Close", onclick: close }, "×"));
  const actions = h("div", { class: "actions" },
    h("button", { type: "button", onclick: copied }, "Copy id"),
    h("button", { type: "button", onclick: () => open(id) }, isExpanded ? "Collapse" : "Expand"),
    h("button", { type: "button", onclick: () => go({ mode: "what", subject: id, relation: "", type: "" }) }, "What can it?"),
    h("button", { type: "button", onclick: () => go({ mode: "who", object: id, type: "" }) }, "Who can?"));
  const facts = h("dl", {}, h("dt", {}, "Type"), h("dd", {}, type), h("dt", {}, "Id"), h("dd", {}, h("code", {}, readable(id))));
  const lists = h("div", { class: "tuples" }, h("p", { class: "quiet" }, "reading tuples…"));
  side.hidden = false;
  fill(side, head, facts, actions, lists);
  try {
    const [into, out] = await Promise.all([api.readTuples(store, { object: id, limit: 50 }), api.readTuples(store, { subject: id, limit: 50 })]);
    fill(lists, tupleList("In", into, (one) => one.subject, go), tupleList("Out", out, (one) => one.object, go));
  } catch (fault) {
    fill(lists, h("p", { class: "notice warn" }, fault.message));
  }
}

function tupleList(title, { tuples, next_cursor: more }, other, go) {
  const until = (one) => one.expires_at && h("span", { class: "warn" }, ` until ${one.expires_at.slice(0, 16)}`);
  const kept = (one) => [one.at && `since ${one.at.slice(0, 10)}`, one.by && `by ${one.by}`, one.reason].filter(Boolean).join(" · ");
  const item = (one) => h("li", {}, h("div", {}, h("b", {}, one.relation), " ", h("button", { type: "button", class: "link", onclick: () => go(null, baseOf(other(one))) }, named(other(one))), until(one), one.condition && h("span", { class: "warn" }, ` if ${one.condition.name}`)), h("div", { class: "quiet" }, kept(one)));
  return h("section", {}, h("h3", {}, `${title} `, h("span", { class: "count" }, `${count(tuples.length)}${more ? " of more" : ""}`)), tuples.length ? h("ul", {}, tuples.map(item)) : h("p", { class: "quiet" }, "none"));
}
