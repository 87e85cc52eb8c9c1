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

/** Suggests types, then ids of them. */
export function idSuggester(store, types) {
  return async (text) => {
    const colon = text.indexOf(":");
    if (colon < 0) {
      const names = [...types.keys()].filter((one) => one.includes(text.toLowerCase())).map((one) => `${one}:`);
      const plain = text.length > 1 ? await idsLike(store, types, text) : [];
      return [...names, ...plain].slice(0, 30);
    }
    const type = text.slice(0, colon);
    if (!types.has(type)) return [];
    return idsOf(store, type, text.slice(colon + 1));
  };
}

const known = new Map();
export const forgetIds = () => known.clear();

// The tuples that are looked through for an id, a thousand at a time; who is beyond is named in full.
const READS = 25;
const SUGGESTED = 30;

/** Ids of a type that hold a text. What was read is kept, and read on only while too little is found. */
async function idsOf(store, type, text) {
  const place = `${store} ${type}`;
  const kept = known.get(place) ?? known.set(place, { ids: new Set(), subject: "", object: "", reads: 0, last: Promise.resolve() }).get(place);
  const found = () => [...kept.ids].filter((one) => one.slice(type.length + 1).toLowerCase().includes(text.toLowerCase())).sort();
  const isShort = () => kept.reads === 0 || (found().length < SUGGESTED && kept.reads < READS && (kept.subject !== null || kept.object !== null));
  const read = async (one) => {
    if (kept[one] === null) return;
    const { tuples, next_cursor: next } = await api.readTuples(store, { [one]: `${type}:`, limit: 1000, ...(kept[one] ? { cursor: kept[one] } : {}) });
    for (const tuple of tuples) kept.ids.add(tuple[one].split("#")[0]);
    kept[one] = next ?? null;
  };
  const next = async () => {
    while (isShort()) (await Promise.all([read("subject"), read("object")]), (kept.reads += 1));
  };
  await (kept.last = kept.last.then(next, next));
  const few = found().slice(0, SUGGESTED);
  if (few.length || !text) return few;
  // Who stands beyond what was looked through is found by the whole id.
  const whole = `${type}:${text}`;
  const sides = await Promise.all(["subject", "object"].map((one) => api.readTuples(store, { [one]: whole, limit: 1 })));
  return sides.some(({ tuples }) => tuples.length) ? [whole] : [];
}

async function idsLike(store, types, text) {
  return (await Promise.all([...types.keys()].map((type) => idsOf(store, type, text)))).flat();
}
