// What can be taken along: the picture as SVG or PNG, the answer as JSON or CSV, and the calls behind it.
import { h, s } from "./dom.js";

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "paint-order"];

/** The whole picture, looking as it does, without a stylesheet. */
export function svgText(svg, box) {
  const copy = svg.cloneNode(true);
  const [from, to] = [[...svg.querySelectorAll("*")], [...copy.querySelectorAll("*")]];
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of LOOKS) if (style.getPropertyValue(name)) to[i].setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "transform-origin"]) if (!(name === "class" && /proof|dim/.test(to[i].getAttribute("class")))) to[i].removeAttribute(name);
  });
  copy.querySelector("g").removeAttribute("transform");
  const [x, y, width, height] = [box.x - 24, box.y - 24, box.width + 48, box.height + 48].map(Math.round);
  for (const name of ["class", "tabindex"]) copy.removeAttribute(name);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(s("rect", { x, y, width, height, fill: getComputedStyle(document.body).backgroundColor }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

export async function pngOf(text) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = h("canvas", { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The rows as CSV; what a spreadsheet would take for a formula is quoted as text. */
export function csvOf(header, rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// --- the calls behind a picture ---

export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

export const curlOf = ({ method, path, body }) =>
  [`curl -s${method === "POST" || method === "GET" ? "" : ` -X ${method}`} "${location.origin}${path}"`, '-H "Authorization: Bearer $IAMGRAPH_KEY"', ...(body ? ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`] : [])].join(" \\\n  ");

export function commandOf({ mode, store, subject, relation, object, type, at }) {
  const command = {
    why: ["check", subject, relation, object, "--explain"],
    who: ["list", "subjects", object, relation, type || "member"],
    what: type && relation ? ["list", "objects", subject, relation, type] : ["list", "access", subject],
  }[mode];
  return `iamgraph ${[...command, ...(at ? ["--at", at] : []), "--store", store].map(quoted).join(" ")}`;
}

const string = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const plainName = /^[a-z][a-z0-9_]*$/;

/** The tuples of a proof as one question to Neo4j. */
export function cypherOf(store, tuples) {
  const names = new Map();
  const node = (id) => {
    if (names.has(id)) return `(${names.get(id)})`;
    names.set(id, `n${names.size}`);
    return `(${names.get(id)}:Object {key: ${string(`${store}/${id}`)}})`;
  };
  const lines = tuples.map((one, i) => {
    const relation = plainName.test(one.relation) ? one.relation.toUpperCase() : `X_${hex(one.relation)}`;
    const [base, via] = one.subject.split("#");
    return `MATCH p${i} = ${node(base)}-[:${relation}${via ? ` {via: ${string(via)}}` : ""}]->${node(one.object)}`;
  });
  return lines.length ? `CYPHER 25\n${lines.join("\n")}\nRETURN ${lines.map((_, i) => `p${i}`).join(", ")}` : "";
}

const hex = (text) => [...new TextEncoder().encode(text)].map((one) => one.toString(16).padStart(2, "0")).join("").toUpperCase();
