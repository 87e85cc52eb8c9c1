// A workspace as its owners see it: a table for each concept, found in, sorted, and acted on.
import * as api from "./api.js";
import { count, fill, h } from "./dom.js";
import { csvOf, save } from "./exports.js";
import { paged } from "./pages.js";
import { addressOf } from "./state.js";
import { ACTING, MAKING } from "./workspace_acts.js";
import { openAct } from "./workspace_dialog.js";
import { counted, every, foundIn, pathIn, TABLES, textOf, trail } from "./workspace_tables.js";

const PAGE = 100;
const FEW = 3;
const FILTERS = [["by", "Who", "member:ada"], ["action", "What", "group.create"], ["object", "On", "group:eng"]];

/** The room of the tables. `go` changes the view, `say` tells those who listen, `store` is the access model's. */
export class Desk {
  constructor(element, { go, say, store }) {
    Object.assign(this, { element, go, say, store, workspaces: null, read: "", rows: null, filter: {}, place: { at: 0 } });
  }

  /** Another caller came: what was read is not theirs. */
  forget() {
    Object.assign(this, { workspaces: null, read: "", rows: null });
  }

  async show(view) {
    this.view = view;
    try {
      this.workspaces ??= await every("/v1/workspaces", "workspaces");
      if (!this.workspaces.length) return this.#frame(h("p", { class: "nothing" }, "You are in no workspace."));
      if (!view.workspace) return this.go({ workspace: this.workspaces[0].id }, { replace: true });
      const asked = JSON.stringify([view.workspace, view.table, this.filter]);
      if (asked !== this.read) {
        this.#frame(h("p", { class: "nothing", role: "status" }, "Reading…"));
        const rows = await TABLES[view.table].read(view.workspace, this.store(), this.filter);
        if (this.view !== view) return undefined;
        Object.assign(this, { rows, read: asked, place: { at: 0 } });
      }
      this.#table();
      return this.say(counted(TABLES[view.table], this.rows, this.shown.length));
    } catch (fault) {
      if (fault.status === 401) throw fault;
      if (this.view === view) this.#fault(fault);
      return undefined;
    }
  }

  #fault(fault) {
    this.read = "";
    const lacking = fault.code === "relation_missing" ? `It takes the relation ${fault.said?.relation ?? ""} on the workspace, which its owners have. Ask an owner, or come with an owner's secret.` : fault.code === "scope_missing" ? `It takes a key of scope ${fault.said?.scope ?? "admin"}, or the secret of an owner's token or session.` : fault.status === 0 ? "See whether it runs, and read again." : "";
    this.#frame(h("div", { class: "verdict fault", role: "alert" }, h("h2", {}, fault.status === 403 ? "Not for you" : "Not read"), h("p", {}, `${fault.message}. ${lacking}`), h("button", { type: "button", onclick: () => this.show({ ...this.view }) }, "Read again")));
    this.say(fault.message);
  }

  /** What stands around every table. */
  #frame(...content) {
    const { view } = this;
    const spaces = this.workspaces ?? [];
    const choice = spaces.length ? h("select", { "aria-label": "Workspace", id: "workspace", onchange: (event) => this.go({ workspace: event.target.value, find: "" }) }, spaces.map((one) => h("option", { value: one.id, selected: one.id === view.workspace }, one.name ?? one.id))) : null;
    const tabs = h("nav", { class: "tabs", "aria-label": "Tables" }, Object.entries(TABLES).map(([name, table]) => h("a", { href: addressOf({ ...view, table: name, find: "", sort: "" }), "aria-current": name === view.table ? "page" : null }, table.title)));
    fill(this.element, h("div", { class: "desk-top" }, choice, tabs), h("div", { class: "desk-body" }, content));
  }

  #table() {
    const { view } = this;
    const table = TABLES[view.table];
    const body = h("div", { class: "grid" });
    const said = h("span", { class: "quiet", id: "counted" });
    const redraw = () => this.#draw(body, said);
    const find = h("input", { type: "search", id: "find", "aria-label": `Find in ${table.title.toLowerCase()}`, placeholder: "Find…", value: view.find, oninput: (event) => ((this.place = { at: 0 }), (this.view.find = event.target.value), redraw()), onchange: (event) => this.go({ find: event.target.value }, { replace: true }) });
    const make = MAKING[view.table];
    this.#frame(h("div", { class: "desk-bar" }, find, said, h("div", { class: "desk-acts" }, view.table === "audit" ? ["CSV", "JSONL"].map((kind) => h("button", { type: "button", onclick: () => this.#export(kind.toLowerCase()) }, kind)) : h("button", { type: "button", onclick: () => this.#save(table) }, "CSV"), make && h("button", { type: "button", class: "main", id: "make", onclick: () => this.#act(make, null) }, make.title))), view.table === "audit" ? this.#filters() : null, body);
    redraw();
  }

  #filters() {
    const field = ([name, label, hint]) => h("label", {}, label, h("input", { name, value: this.filter[name] ?? "", placeholder: hint }));
    const days = ["since", "until"].map((name) => h("label", {}, name === "since" ? "From" : "Until", h("input", { type: "date", name, value: this.filter[name]?.slice(0, 10) ?? "" })));
    const take = (event) => {
      event.preventDefault();
      const said = Object.fromEntries(new FormData(event.target));
      for (const name of ["since", "until"]) if (said[name]) said[name] += "T00:00:00Z";
      this.filter = said;
      this.show({ ...this.view });
    };
    return h("form", { class: "trail", "aria-label": "Which lines", onsubmit: take }, FILTERS.map(field), days, h("button", {}, "Filter"));
  }

  #draw(body, said) {
    const { view, rows } = this;
    const table = TABLES[view.table];
    const [name, way] = view.sort.split(" ");
    const by = table.columns[Number(name)];
    this.shown = view.find ? foundIn(rows, table.columns, view.find) : rows;
    if (view.sort && by) this.shown = [...this.shown].sort((a, b) => (way === "down" ? -1 : 1) * textOf(a, by).localeCompare(textOf(b, by), "en", { numeric: true }));
    said.textContent = counted(table, rows, this.shown.length);
    if (!this.shown.length) return fill(body, h("p", { class: "nothing" }, rows.length ? `Nothing here has “${view.find}” in it.` : table.empty));
    const head = (one, i) => {
      const now = Number(name) === i && view.sort ? (way === "down" ? "descending" : "ascending") : "none";
      return h("th", { scope: "col", "aria-sort": now }, h("button", { type: "button", onclick: () => this.go({ sort: `${i} ${now === "ascending" ? "down" : "up"}` }, { replace: true }) }, one.name));
    };
    const show = (some) => h("table", {}, h("caption", { class: "hidden" }, table.title), h("thead", {}, h("tr", {}, table.columns.map(head), h("th", { scope: "col" }, h("span", { class: "hidden" }, "Acts")))), h("tbody", {}, some.map((row) => this.#row(table, row))));
    return fill(body, paged(this.shown, PAGE, this.place, show, table.title));
  }

  #row(table, row) {
    const cell = (one, i) => h(i ? "td" : "th", { scope: i ? null : "row", "data-name": one.name }, valueOf(one.of(row), one, row), one.under && one.under(row) !== one.of(row) ? h("span", { class: "under" }, one.under(row)) : null);
    const picture = table.picture && !api.isPerson() ? h("a", { class: "button", href: addressOf({ ...this.view, mode: "who", subject: "", object: "", relation: "", type: "", store: this.store(), workspace: "", table: "", find: "", sort: "", ...table.picture(row) }) }, table.asked) : null;
    const acts = (ACTING[this.view.table]?.(row) ?? []).filter(Boolean).map((act) => h("button", { type: "button", class: act.danger ? "danger" : null, onclick: () => this.#act(act, row) }, act.title));
    const menu = acts.length ? h("details", { class: "menu" }, h("summary", { class: "button", "aria-label": `Change ${textOf(row, table.columns[0])}` }, "Change"), h("div", {}, acts)) : null;
    return h("tr", {}, table.columns.map(cell), h("td", { class: "row-acts" }, picture, menu));
  }

  #act(act, row) {
    const again = () => ((this.read = ""), this.show({ ...this.view }));
    for (const one of this.element.querySelectorAll("details[open]")) one.open = false;
    openAct(act, { workspace: this.view.workspace, store: this.store(), row, again, say: this.say });
  }

  #save(table) {
    save(`${this.view.workspace}-${this.view.table}.csv`, csvOf(table.columns.map((one) => one.name), this.shown.map((row) => table.columns.map((one) => [one.of(row)].flat().join("; ")))), "text/csv");
  }

  async #export(format) {
    try {
      save(`${this.view.workspace}-audit.${format}`, await api.text(`${pathIn(this.view.workspace, "audit", "export")}?${trail(this.filter)}format=${format}`), format === "csv" ? "text/csv" : "application/x-ndjson");
    } catch (fault) {
      this.#fault(fault);
    }
  }
}

/** What a cell holds: a text, a badge, or the first of many with how many more. */
function valueOf(value, { badge, warn }, row) {
  if (!Array.isArray(value)) return h("span", { class: warn?.(row) ? "warn" : badge?.(row) ? "badge" : null }, String(value));
  if (value.length <= FEW) return value.map((one) => h("span", { class: "chip" }, one));
  return [...value.slice(0, FEW).map((one) => h("span", { class: "chip" }, one)), h("details", { class: "rest" }, h("summary", {}, `${count(value.length - FEW)} more`), h("div", {}, value.slice(FEW, 200).map((one) => h("span", { class: "chip" }, one)), value.length > 200 ? `and ${count(value.length - 200)} more: take the CSV` : null))];
}
