// A long list shown a page at a time: never more elements than one can look at.
import { count, fill, h } from "./dom.js";

/** What `show(items, first)` makes of one page, and the way to the others. `place` keeps the page: `{at}`. */
export function paged(items, size, place, show, label) {
  const box = h("div", { class: "paged" });
  const last = Math.max(0, Math.ceil(items.length / size) - 1);
  const turn = (to, focus) => {
    place.at = Math.min(Math.max(0, to), last);
    const from = place.at * size;
    const to_ = Math.min(items.length, from + size);
    const button = (text, name, next) => h("button", { type: "button", class: "small", "aria-label": `${name} page: ${label}`, "data-way": name, disabled: next < 0 || next > last, onclick: () => turn(next, name) }, text);
    const bar = last > 0 ? h("div", { class: "pager" }, button("«", "First", place.at ? 0 : -1), button("‹", "Previous", place.at - 1), h("span", {}, `${count(from + 1)}–${count(to_)} of ${count(items.length)}`), button("›", "Next", place.at + 1), button("»", "Last", place.at < last ? last : -1)) : null;
    fill(box, show(items.slice(from, to_), from), bar);
    if (focus) (box.querySelector(`[data-way=${focus}]:enabled`) ?? box.querySelector(".pager button:enabled"))?.focus();
  };
  turn(place.at ?? 0);
  return box;
}
