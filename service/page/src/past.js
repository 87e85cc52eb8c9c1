// The slider over a store's kept revisions: where one stands, what was changed there, and what changed since.
import * as api from "./api.js";
import { count, fill, h, many, readable } from "./dom.js";

const LISTED = 50;

/** The oldest revision that can be asked of: found once a store, by halves, where old changes are gone. */
const oldest = new Map();
async function oldestOf(store, newest) {
  const isKept = (revision) => api.changeAt(store, revision + 1).then(() => true, (fault) => (fault.status === 410 ? false : Promise.reject(fault)));
  if (oldest.has(store) && (await isKept(oldest.get(store)))) return oldest.get(store);
  let [gone, kept] = [-1, newest];
  if (await isKept(0)) kept = 0;
  while (kept - gone > 1 && kept > 0) {
    const middle = Math.floor((gone + kept) / 2);
    if (await isKept(middle)) kept = middle;
    else gone = middle;
  }
  oldest.set(store, kept);
  return kept;
}

const moment = (text) => new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** Whose and when: the words beneath the slider. */
function told(change, revision) {
  if (!change) return [h("b", {}, `Revision ${count(revision)}`), " · before the first change that is kept"];
  const did = change.model ? "a new model" : [change.writes.length && `${many(change.writes.length, "tuple")} written`, change.deletes.length && `${count(change.deletes.length)} deleted`].filter(Boolean).join(", ");
  return [h("b", {}, `Revision ${count(revision)}`), ` · `, h("time", { datetime: change.at }, moment(change.at)), change.by ? ` · by ${readable(change.by)}` : "", h("span", { class: "why" }, readable(change.reason ?? did))];
}

/** The bar with the slider. `go(at)` looks at a revision, `""` is now. */
export class Slider {
  constructor(box, go) {
    Object.assign(this, { box, go, shape: null, turn: 0 });
  }

  async show({ store, at, newest }) {
    const shape = JSON.stringify([store, at, newest]);
    if (shape === this.shape) return;
    this.shape = shape;
    let first;
    try {
      first = await oldestOf(store, newest);
    } catch {
      this.box.hidden = true;
      return;
    }
    if (shape !== this.shape) return;
    const here = at === "" ? newest : Number(at);
    const range = h("input", { type: "range", id: "when", min: Math.min(first, here), max: newest, step: 1, value: here, "aria-label": "Revision looked at", "aria-describedby": "when-said" });
    const said = h("p", { id: "when-said" });
    const now = h("button", { type: "button", id: "now", "aria-pressed": String(at === ""), onclick: () => this.go("") }, "now");
    range.value = here;
    let timer = null;
    const look = () => this.go(Number(range.value) === newest ? "" : range.value);
    range.addEventListener("input", () => (this.tell(said, range, store, newest), clearTimeout(timer), (timer = setTimeout(look, 600))));
    range.addEventListener("change", () => (clearTimeout(timer), look()));
    const hadFocus = this.box.contains(document.activeElement);
    this.box.classList.toggle("then", at !== "");
    this.box.hidden = newest <= first && at === "";
    fill(this.box, h("label", { for: "when" }, "As of"), range, now, said);
    if (hadFocus) range.focus();
    await this.tell(said, range, store, newest);
  }

  async tell(said, range, store, newest) {
    const turn = (this.turn += 1);
    const revision = Number(range.value);
    range.setAttribute("aria-valuetext", `revision ${revision}${revision === newest ? ", now" : ""}`);
    const change = await api.changeAt(store, revision).catch(() => null);
    if (turn !== this.turn) return;
    fill(said, told(change, revision));
    if (change) range.setAttribute("aria-valuetext", `revision ${revision}${revision === newest ? ", now" : ""}, ${moment(change.at)}${change.by ? `, by ${change.by}` : ""}`);
  }
}

/** Who gained and lost since the revision that is looked at. */
export async function changedSince({ mode, store, subject, relation, object, type, at }, newest) {
  const body = { since_revision: Number(at), until_revision: newest, ...(mode === "who" ? { object, relations: [relation] } : { subject, relations: relation ? [relation] : [], types: type ? [type] : [] }) };
  const said = await api.changed(store, body);
  const shifts = mode === "who" && type ? said.shifts.filter((one) => one.subject.startsWith(`${type}:`)) : said.shifts;
  const side = mode === "who" ? "subject" : "object";
  const part = (title, found, sign) => found.length > 0 && h("section", {}, h("h4", {}, `${title}: ${count(found.length)}`), h("ul", { class: sign }, found.slice(0, LISTED).map((one) => h("li", {}, h("span", {}, readable(one[side])), h("span", { class: "can" }, one.relation)))), found.length > LISTED && h("p", { class: "quiet" }, `and ${count(found.length - LISTED)} more`));
  const [gained, lost] = [shifts.filter((one) => one.after === "allowed"), shifts.filter((one) => one.before === "allowed")];
  const other = shifts.filter((one) => one.after !== "allowed" && one.before !== "allowed");
  return [part("Gained", gained, "gained"), part("Lost", lost, "lost"), part("Cannot be decided", other, "other"), !shifts.length && h("p", {}, "Nothing: it is as it was.")];
}

/** The card that asks for it, once an answer; `open(isOpen)` hears when it is opened or closed. */
export function sinceCard(view, newest, answer, open) {
  const isOpen = view.changed === "1";
  const body = h("div", { class: "shifts", "aria-live": "polite" });
  if (isOpen) {
    fill(body, h("p", { class: "quiet" }, "comparing…"));
    answer.shifts ??= changedSince(view, newest).catch((fault) => h("p", { class: "notice warn" }, fault.message));
    answer.shifts.then((found) => fill(body, found));
  }
  const card = h("details", { class: "proof-card", id: "since", open: isOpen, ontoggle: () => card.open !== isOpen && open(card.open) }, h("summary", {}, "What changed since then"), body);
  return card;
}
