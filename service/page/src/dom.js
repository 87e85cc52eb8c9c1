// Elements made from names and texts. Whatever comes from a store becomes a text node or an attribute, never markup.
const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `on…` are listeners, `null` and `false` leave an attribute out. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function s(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

/** Put these in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((one) => one));
  return element;
}

/** A picture drawn from one path, beside words that say the same. */
export function icon(path) {
  return s("svg", { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" }, s("path", { d: path }));
}

export const count = (number) => number.toLocaleString("en-US");

/** "1 member", "3 members". */
export const many = (number, word) => `${count(number)} ${number === 1 ? word : plural(word)}`;

export const plural = (word) => (/[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : /(s|x|ch)$/.test(word) ? `${word}es` : `${word}s`);

/** An id as it is read: what is not plain ASCII is shown escaped beside it, so that no two look the same. */
export function readable(text) {
  const escaped = text.replace(/[^\x20-\x7e]/gu, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);
  return escaped === text ? text : `${text} (${escaped})`;
}

export function shortened(text, length) {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}
