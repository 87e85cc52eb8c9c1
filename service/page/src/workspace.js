// A workspace as its owners see it: a table for each concept, found in, sorted, and acted on.
import * as api from "./api.js";
import { count, fill, h } from "./dom.js";
import { csvOf, save } from "./exports.js";
import { paged } from "./pages.js";
import { addressOf, TRAIL } from "./state.js";
import { mark } from "./views.js";
import { ACTING, MAKING } from "./workspace_acts.js";
import { openAct } from "./workspace_dialog.js";
import { counted, every, foundIn, pathIn, TABLES, tellReading, textOf, trail } from "./workspace_tables.js";

const PAGE = 100;
const FEW = 3;
const FILTERS = [["by", "Who", "member:ada"], ["action", "What", "group.create"], ["about", "On", "group:eng"]];
const ANY_LINE = Object.fromEntries(TRAIL.map((one) => [one, ""]));

/** The room of the tables. `go` changes the view, `say` tells those who listen, `store` is the access model's. */
export class Desk {
  constructor(element, { go, say, store }) {
    Object.assign(this, { element, go, say, store, workspaces: null, read: "", rows: null, done: "", place: { at: 0 } });
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
      this.filter = filterOf(view);
      const asked = JSON.stringify([view.workspace, view.table, this.filter]);
      if (asked !== this.read) {
        this.#frame(h("p", { class: "nothing", role: "status", id: "reading" }, "Reading…"));
        tellReading((so) => this.view === view && this.element.querySelector("#reading")?.replaceChildren(`Reading… ${count(so)} so far`));
        this.place = { at: 0 };
        const early = (rows) => {
          if (this.view !== view) return;
          this.rows = Object.assign(rows, { reading: true });
          this.#table();
        };
        const rows = await TABLES[view.table].read(view.workspace, this.store(), this.filter, undefined, early);
        if (this.view !== view) return undefined;
        Object.assign(this, { rows, read: asked });
      }
      const finding = document.activeElement?.id === "find";
      this.#table();
      if (finding) this.element.querySelector("#find")?.focus();
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
    const tabs = h("nav", { class: "tabs", "aria-label": "Tables" }, Object.entries(TABLES).map(([name, table]) => h("a", { href: addressOf({ ...view, table: name, find: "", sort: "", ...ANY_LINE }), "aria-current": name === view.table ? "page" : null }, table.title)));
    fill(this.element, h("div", { class: "desk-top" }, choice, tabs), h("div", { class: "desk-body" }, content));
  }

  #table() {
    const { view } = this;
    const table = TABLES[view.table];
    const body = h("div", { class: "grid", "aria-busy": this.rows.reading ? "true" : null });
    const said = h("span", { class: "quiet", id: "counted" });
    const redraw = () => this.#draw(body, said);
    const find = h("input", { type: "search", id: "find", "aria-label": `Find in ${table.title.toLowerCase()}`, placeholder: "Find…", value: view.find, oninput: (event) => ((this.place = { at: 0 }), (this.view.find = event.target.value), redraw()), onchange: (event) => this.go({ find: event.target.value }, { replace: true }) });
    const make = MAKING[view.table];
    this.#frame(h("div", { class: "desk-bar" }, find, said, h("div", { class: "desk-acts" }, view.table === "audit" ? ["CSV", "JSONL"].map((kind) => h("button", { type: "button", onclick: () => this.#export(kind.toLowerCase()) }, kind)) : h("button", { type: "button", onclick: () => this.#save(table) }, "CSV"), make && h("button", { type: "button", class: "main", id: "make", onclick: () => this.#act(make, null) }, make.title))), this.done ? h("p", { class: "notice good", id: "done" }, this.done) : null, view.table === "audit" ? this.#filters() : null, body, this.rows.more ? h("button", { type: "button", class: "more", onclick: (event) => this.#older(event.target) }, "Older lines") : null);
    redraw();
  }

  #filters() {
    const field = ([name, label, hint]) => h("label", {}, label, h("input", { name, value: this.view[name], placeholder: hint }));
    const days = ["since", "until"].map((name) => h("label", {}, name === "since" ? "From" : "Until", h("input", { type: "date", name, value: this.view[name] })));
    const take = (event) => {
      event.preventDefault();
      this.go(Object.fromEntries(new FormData(event.target)));
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
    if (rows.reading) fill(said, h("span", { id: "reading", role: "status" }, `Reading… ${count(rows.length)} so far`));
    else said.textContent = counted(table, rows, this.shown.length);
    if (!this.shown.length) return fill(body, h("p", { class: "nothing" }, rows.length ? `Nothing here has “${view.find}” in it.` : table.empty));
    const head = (one, i) => {
      const now = Number(name) === i && view.sort ? (way === "down" ? "descending" : "ascending") : "none";
      return this.#isBare(one) ? null : h("th", { scope: "col", "aria-sort": now }, h("button", { type: "button", onclick: () => this.#sort(i, now === "ascending" ? "down" : "up") }, one.name));
    };
    const show = (some) => h("table", {}, h("caption", { class: "hidden" }, table.title), h("thead", {}, h("tr", {}, table.columns.map(head), h("th", { scope: "col" }, h("span", { class: "hidden" }, "Acts")))), h("tbody", {}, some.map((row) => this.#row(table, row))));
    return fill(body, paged(this.shown, PAGE, this.place, show, table.title));
  }

  /** Of what only some may read, a column is left out where nothing of it came. */
  #isBare = (one) => one.some && !this.rows.some((row) => one.of(row));

  /** Whoever sorts by keys stays on the header. */
  async #sort(i, way) {
    await this.go({ sort: `${i} ${way}` }, { replace: true });
    this.element.querySelectorAll("thead button")[i]?.focus();
  }

  /** The lines before those that are there. */
  async #older(button) {
    button.disabled = true;
    try {
      const more = await TABLES.audit.read(this.view.workspace, this.store(), this.filter, this.rows.more);
      this.rows = Object.assign([...this.rows, ...more], { more: more.more });
      this.#table();
    } catch (fault) {
      this.#fault(fault);
    }
  }

  #row(table, row) {
    const said = (one) => [valueOf(one.of(row), one, row), one.under && one.under(row) !== one.of(row) ? h("span", { class: "under" }, one.under(row)) : null];
    const cell = (one, i) => (this.#isBare(one) ? null : h(i ? "td" : "th", { scope: i ? null : "row", "data-name": one.name }, i || !table.type ? said(one) : h("div", { class: "what" }, mark(table.type(row)), h("div", {}, said(one)))));
    const look = (view) => addressOf({ ...this.view, mode: "who", subject: "", object: "", relation: "", type: "", store: this.store(), find: "", sort: "", ...ANY_LINE, ...view });
    const picture = table.picture ? h("a", { class: "button", href: look(table.picture(row)) }, table.asked) : null;
    const why = table.why ? h("a", { class: "button", href: look(table.why(row, this.view.workspace)) }, row.role === "owner" ? "Why an owner?" : "Why a member?") : null;
    // What would be lost is known once all is read.
    const acts = (this.rows.reading ? [] : (ACTING[this.view.table]?.(row) ?? [])).filter(Boolean).map((act) => h("button", { type: "button", class: act.danger ? "danger" : null, onclick: () => this.#act(act, row) }, act.title));
    const menu = acts.length ? h("details", { class: "menu" }, h("summary", { class: "button", "aria-label": `Change ${textOf(row, table.columns[0])}` }, "Change"), h("div", {}, why, acts)) : null;
    return h("tr", {}, table.columns.map(cell), h("td", { class: "row-acts" }, picture, menu));
  }

  #act(act, row) {
    const again = async (done) => {
      Object.assign(this, { read: "", done });
      await this.show({ ...this.view });
      this.done = "";
      this.say(done);
    };
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

/** Which lines a view means; days as their first moment. */
const filterOf = ({ by, action, about, since, until }) => ({ by, action, object: about, since: since && `${since}T00:00:00Z`, until: until && `${until}T00:00:00Z` });

/** What a cell holds: a text, a badge, or the first of many with how many more. */
function valueOf(value, { badge, warn }, row) {
  if (!Array.isArray(value)) return h("span", { class: warn?.(row) ? "warn" : badge?.(row) ? "badge" : null }, String(value));
  if (value.length <= FEW) return value.map((one) => h("span", { class: "chip" }, one));
  return [...value.slice(0, FEW).map((one) => h("span", { class: "chip" }, one)), h("details", { class: "rest" }, h("summary", {}, `${count(value.length - FEW)} more`), h("div", {}, value.slice(FEW, 200).map((one) => h("span", { class: "chip" }, one)), value.length > 200 ? `and ${count(value.length - 200)} more: take the CSV` : null))];
}
