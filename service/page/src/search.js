// Fields that suggest: a type first (`group:`), then ids of that type as the tuples have them.
import * as api from "./api.js";
import { fill, h } from "./dom.js";

const WAIT = 140;
let made = 0;

/** A field with suggestions below it. `suggest(text)` gives them, `done(text)` hears of a choice. */
export function field({ label, value, hint, suggest, done }) {
  const id = `field-${(made += 1)}`;
  const list = h("ul", { id: `${id}-list`, role: "listbox", class: "suggestions", hidden: true, "aria-label": `${label}: suggestions` });
  const input = h("input", { id, value, placeholder: hint, spellcheck: "false", autocomplete: "off", autocapitalize: "off", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${id}-list` });
  let [timer, found, at] = [null, [], -1];
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (text) => {
    input.value = text;
    if (text.endsWith(":")) return look();
    close();
    return done(text);
  };
  const mark = (next) => {
    at = (next + found.length) % found.length;
    [...list.children].forEach((one, i) => one.setAttribute("aria-selected", String(i === at)));
    list.children[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const look = async () => {
    const text = input.value;
    const next = await suggest(text).catch(() => []);
    if (text !== input.value || document.activeElement !== input) return;
    found = next;
    at = -1;
    fill(list, found.map((one, i) => h("li", { id: `${id}-${i}`, role: "option", "aria-selected": "false", onmousedown: (event) => (event.preventDefault(), take(one)) }, one)));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  input.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(look, WAIT))));
  input.addEventListener("focus", () => (input.select(), look()));
  input.addEventListener("blur", () => (close(), clearTimeout(timer)));
  input.addEventListener("change", () => !input.value.endsWith(":") && done(input.value.trim()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && found.length) (event.preventDefault(), (list.hidden = false), mark(at + 1));
    else if (event.key === "ArrowUp" && found.length) (event.preventDefault(), mark(at - 1));
    else if (event.key === "Enter") (event.preventDefault(), take(at >= 0 ? found[at] : input.value.trim()));
    else if (event.key === "Escape" && !list.hidden) (event.stopPropagation(), close());
  });
  return h("div", { class: "field" }, h("label", { for: id }, label), input, list);
}

/** Suggests ids by the side of a tuple they stand on. */
export function idSuggester(store, types, side) {
  return async (text) => {
    const colon = text.indexOf(":");
    if (colon < 0) {
      const names = [...types.keys()].filter((one) => one.includes(text.toLowerCase())).map((one) => `${one}:`);
      const plain = text.length > 1 ? await idsLike(store, types, side, text) : [];
      return [...names, ...plain].slice(0, 30);
    }
    const type = text.slice(0, colon);
    if (!types.has(type)) return [];
    const ids = await idsOf(store, type, side);
    return ids.filter((one) => one.toLowerCase().includes(text.slice(colon + 1).toLowerCase())).slice(0, 30);
  };
}

const known = new Map();
export const forgetIds = () => known.clear();

async function idsOf(store, type, side) {
  const place = `${store} ${type} ${side}`;
  if (!known.has(place)) {
    const read = (filter, one) => api.readTuples(store, { ...filter, limit: 1000 }).then(({ tuples }) => tuples.map((tuple) => tuple[one].split("#")[0]));
    const found = Promise.all([read({ subject: `${type}:` }, "subject"), read({ object: `${type}:` }, "object")]).then((all) => [...new Set(all.flat())].sort());
    known.set(place, found);
    found.catch(() => known.delete(place));
  }
  return known.get(place);
}

async function idsLike(store, types, side, text) {
  const all = await Promise.all([...types.keys()].map((type) => idsOf(store, type, side)));
  return all.flat().filter((one) => one.toLowerCase().includes(text.toLowerCase()));
}
