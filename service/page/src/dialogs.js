// What opens above the page: the key, the call behind a picture, what the keys of the keyboard do.
import { h } from "./dom.js";
import { commandOf, curlOf, cypherOf } from "./exports.js";

export function opened(title, ...content) {
  const box = h("dialog", { "aria-label": title }, h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "small", "aria-label": "Close", onclick: () => box.close() }, "×")), content);
  box.addEventListener("close", () => box.remove());
  // Beside the box, not on what moved away below the pointer.
  const isBeside = ({ clientX: x, clientY: y }, { left, right, top, bottom } = box.getBoundingClientRect()) => x < left || x > right || y < top || y > bottom;
  box.addEventListener("click", (event) => event.target === box && isBeside(event) && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Asks for a key; it goes to memory, and nowhere else. */
export function askForKey(said, take) {
  const input = h("input", { type: "password", id: "key", autocomplete: "off", spellcheck: "false", placeholder: "iag_…, iat_… or ias_…", required: true, "aria-describedby": "key-said" });
  const form = h("form", { method: "dialog", onsubmit: (event) => (event.preventDefault(), box.close(), take(input.value.trim())) },
    h("p", { id: "key-said" }, said ?? "To look, send a key of the service, or an owner's token or session for the workspace. It stays in this tab's memory: nothing stores it, and no link holds it."),
    h("label", { for: "key" }, "API key"), input,
    h("p", { class: "quiet" }, "It needs the scopes read and check: ", h("code", {}, "iamgraph keys create NAME --scope read --scope check --store STORE")),
    h("button", { class: "main" }, "Look"));
  const box = opened("Your key", form);
  input.focus();
}

export function showCalls(calls, view, proof) {
  const block = (title, text) => h("section", {}, h("h3", {}, title, h("button", { type: "button", class: "small", onclick: (event) => navigator.clipboard?.writeText(text).then(() => (event.target.textContent = "Copied")) }, "Copy")), h("pre", { tabindex: "0" }, text));
  const cypher = cypherOf(view.store, proof?.path ?? []);
  opened("The call behind it", block("HTTP", calls.map(curlOf).join("\n\n") || "none was made"), block("Command line", commandOf(view)), cypher ? block("Cypher: the tuples of this proof", cypher) : h("p", { class: "quiet" }, "There is no proof to ask Neo4j for."));
}

export function showHelp() {
  const rows = [["/", "search"], ["Tab", "from node to node"], ["← →", "along an edge, the proof first"], ["↑ ↓", "to the node above or below"], ["Enter", "expand or collapse a node; open a fold"], ["Space", "what is known of a node"], ["[ ]", "previous, next proof"], ["t", "picture or table"], ["+ - 0", "larger, smaller, all of it"], ["Esc", "close, then back"], ["?", "this"]];
  opened("Keys", h("table", {}, h("tbody", {}, rows.map(([key, text]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, text))))));
}
