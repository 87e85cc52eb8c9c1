// Where things stand: layers from left to right by elkjs, in a worker; what was shown keeps its order and its side.
import ELK from "elkjs/lib/elk-api.js";
import { count, many, shortened } from "./dom.js";

const elk = new ELK({ workerUrl: "/page/layout.js" });
const USUAL = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.spacing.nodeNode": "26",
  "elk.spacing.edgeNode": "16",
  "elk.spacing.edgeEdge": "12",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.edgeLabels.sideSelection": "SMART_DOWN",
  "elk.edgeLabels.inline": "true",
};
const KEEPING = {
  "elk.layered.crossingMinimization.strategy": "INTERACTIVE",
  "elk.layered.layering.strategy": "INTERACTIVE",
  "elk.layered.cycleBreaking.strategy": "INTERACTIVE",
};

export const NODE_HEIGHT = 46;
/** How wide a text is, in a font. */
const ruler = document.createElement("canvas").getContext("2d");
function wide(text, font) {
  ruler.font = `${font} Inter, system-ui, "DejaVu Sans", sans-serif`;
  return ruler.measureText(text).width;
}

const foldName = ({ length, open }) => (length ? `+${count(length)}${open ? " or more" : ""}` : "+ more");
export const nameOf = (node) => (node.folds ? foldName(node.folds) : node.name === "*" ? `every ${node.type}` : shortened(node.name, 26));
export const kindOf = (node) => (node.folds ? many(2, node.type).slice(2) : node.type);
export const widthOf = (node) => Math.ceil(Math.max(100, 58 + Math.max(wide(nameOf(node), "600 13px"), wide(kindOf(node), "11.5px"))));

/** Places for nodes, lines for edges. `before` are the places they had, `anchor` a node that is to stay where it is. */
export async function layOut({ nodes, edges }, { before = null, anchor = null, first = null, last = null } = {}) {
  const hint = (id) => before?.get(id) ?? near(id, edges, before);
  const children = [...nodes.values()].map((node) => ({
    id: node.id,
    width: widthOf(node),
    height: NODE_HEIGHT,
    ...(before ? hint(node.id) : {}),
    layoutOptions: before ? {} : { ...(node.id === first ? { "elk.layered.layering.layerConstraint": "FIRST" } : {}), ...(node.id === last ? { "elk.layered.layering.layerConstraint": "LAST" } : {}) },
  }));
  const laid = await elk.layout({
    id: "picture",
    layoutOptions: before ? { ...USUAL, ...KEEPING } : USUAL,
    children,
    edges: edges.map((one) => ({ id: one.key, sources: [one.from], targets: [one.to], labels: [{ text: labelOf(one), width: 14 + wide(labelOf(one), "600 11.5px"), height: 16 }] })),
  });
  const found = new Map(laid.children.map((one) => [one.id, { x: one.x, y: one.y }]));
  const [dx, dy] = anchor && before?.has(anchor) && found.has(anchor) ? [before.get(anchor).x - found.get(anchor).x, before.get(anchor).y - found.get(anchor).y] : [0, 0];
  const places = new Map([...found].map(([id, { x, y }]) => [id, { x: x + dx, y: y + dy }]));
  const lines = new Map(laid.edges.map((one) => [one.id, lineOf(one, dx, dy)]));
  return { places, lines };
}

export const labelOf = (edge) => (edge.keys.length > 1 ? `${edge.relation} ×${count(edge.keys.length)}` : edge.relation);

/** A place beside a neighbour that has one. */
function near(id, edges, before) {
  for (const one of edges) {
    if (one.from === id && before.has(one.to)) return { x: before.get(one.to).x - 300, y: before.get(one.to).y + 1 };
    if (one.to === id && before.has(one.from)) return { x: before.get(one.from).x + 300, y: before.get(one.from).y + 1 };
  }
  return { x: 0, y: 0 };
}

function lineOf({ sections = [], labels = [] }, dx, dy) {
  const points = sections.flatMap((one) => [one.startPoint, ...(one.bendPoints ?? []), one.endPoint]).map(({ x, y }) => [x + dx, y + dy]);
  const label = labels[0] ? { x: labels[0].x + labels[0].width / 2 + dx, y: labels[0].y + labels[0].height / 2 + dy } : null;
  return { path: rounded(points), label };
}

/** A line through points, its corners round. */
function rounded(points, radius = 9) {
  if (points.length < 2) return "";
  let path = `M${points[0]}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, here, after] = [points[i - 1], points[i], points[i + 1]];
    path += `L${towards(here, before, radius)}Q${here} ${towards(here, after, radius)}`;
  }
  return `${path}L${points.at(-1)}`;
}

function towards([x, y], [tx, ty], radius) {
  const length = Math.hypot(tx - x, ty - y) || 1;
  const part = Math.min(radius, length / 2) / length;
  return [x + (tx - x) * part, y + (ty - y) * part];
}
