// The picture on the screen: an SVG with an element for each node, moved and zoomed, walked along by keyboard.
import { select } from "d3-selection";
import "d3-transition";
import { zoom, zoomIdentity } from "d3-zoom";
import { count, readable, s } from "./dom.js";
import { kindOf, labelOf, layOut, nameOf, NODE_HEIGHT, widthOf } from "./layout.js";
import { shapeOf } from "./shapes.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const duration = () => (calm.matches ? 0 : 320);

/** Draws into an SVG; `chosen(id)`, `opened(id)` and `unfold(node)` hear what is done with a node. */
export class Drawing {
  constructor(svg, { chosen, opened, unfold }) {
    Object.assign(this, { svg, chosen, opened, unfold, places: new Map(), drawn: { nodes: new Map(), edges: [] }, proof: null, picked: null });
    this.root = select(svg).append("g");
    this.root.append("defs").append("marker").attr("id", "tip").attr("viewBox", "0 0 8 8").attr("refX", 7.2).attr("refY", 4).attr("markerWidth", 10).attr("markerHeight", 10).attr("markerUnits", "userSpaceOnUse").attr("orient", "auto").append("path").attr("d", "M0 .6L7.6 4L0 7.4Z").attr("class", "tip");
    this.lines = this.root.append("g");
    this.marks = this.root.append("g");
    this.cards = this.root.append("g");
    this.zoom = zoom().scaleExtent([0.15, 3]).on("zoom", ({ transform }) => this.root.attr("transform", transform));
    select(svg).call(this.zoom).on("dblclick.zoom", null);
    svg.addEventListener("focusin", ({ target }) => target.__data__ && target.matches(":focus-visible") && this.bring(target.__data__.id));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show what is drawn; `anchor` is a node that stays where it is, else the whole is made to fit. */
  async show(drawn, { first, last, anchor = null } = {}) {
    const kept = anchor !== null && this.places.has(anchor);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const { places, lines } = await layOut(drawn, { before: kept ? this.places : null, anchor, first, last });
    if (turn !== this.turn) return;
    const old = this.places;
    Object.assign(this, { drawn, places });
    this.drawEdges(lines);
    this.drawNodes(kept ? old : new Map());
    this.mark(this.proof);
    if (!kept) this.fit(0);
  }

  drawEdges(lines) {
    const edges = this.drawn.edges;
    const path = this.lines.selectAll("path").data(edges, (one) => one.key).join("path").attr("class", (one) => (one.rest ? "edge rest" : "edge")).attr("marker-end", "url(#tip)");
    path.attr("d", (one) => lines.get(one.key).path).selectAll("title").data((one) => [one]).join("title").text(spoken);
    const text = this.marks.selectAll("text").data(edges, (one) => one.key).join("text").attr("class", "relation");
    text.text(labelOf).attr("x", (one) => lines.get(one.key).label?.x ?? 0).attr("y", (one) => (lines.get(one.key).label?.y ?? 0) + 4);
  }

  drawNodes(old) {
    const nodes = [...this.drawn.nodes.values()];
    const at = (id) => `translate(${this.places.get(id).x},${this.places.get(id).y})`;
    const all = this.cards.selectAll("g.node").data(nodes, (one) => (one.folds ? `${one.id} ${nameOf(one)}` : one.id)).join((enter) => enter.append((node) => card(node, this)).attr("transform", (one) => at(one.id)), (update) => update, (exit) => exit.remove());
    const moving = all.filter((one) => old.has(one.id));
    if (duration() && moving.size()) moving.transition().duration(duration()).attr("transform", (one) => at(one.id));
    else all.attr("transform", (one) => at(one.id));
    all.attr("aria-label", (one) => this.spokenNode(one)).order();
  }

  spokenNode(node) {
    const shown = `${nameOf(node)} ${kindOf(node)}`;
    if (node.folds) return `${shown}, folded: Enter shows them`;
    const [ins, outs] = [this.drawn.edges.filter((one) => one.to === node.id), this.drawn.edges.filter((one) => one.from === node.id)];
    return `${shown}, ${readable(node.id)}, ${ins.length} in, ${outs.length} out`;
  }

  /** Draw a proof bold and the rest dim; `null` leaves nothing dim. */
  mark(proof) {
    this.proof = proof;
    const isIn = (one) => !proof || one.keys.some((key) => proof.has(key));
    const touched = new Set(this.drawn.edges.filter(isIn).flatMap((one) => [one.from, one.to]));
    this.lines.selectAll("path.edge").classed("proof", (one) => Boolean(proof) && isIn(one)).classed("dim", (one) => !isIn(one));
    this.marks.selectAll("text").classed("proof", (one) => Boolean(proof) && isIn(one)).classed("dim", (one) => !isIn(one));
    this.cards.selectAll("g.node").classed("dim", (one) => Boolean(proof) && !touched.has(one.id) && !one.isEnd).classed("proof", (one) => Boolean(proof) && touched.has(one.id));
    this.lines.selectAll("path.edge.proof").raise();
  }

  pick(id) {
    this.picked = id;
    this.cards.selectAll("g.node").classed("picked", (one) => one.id === id);
  }

  focus(id) {
    const found = this.cards.selectAll("g.node").filter((one) => one.id === id).node();
    found?.focus();
    if (found) this.bring(id);
  }

  /** Move a node that is outside into sight. */
  bring(id) {
    const { x, y, k } = this.svg.__zoom;
    const place = this.places.get(id);
    const [px, py] = [place.x * k + x, place.y * k + y];
    const [width, height] = [this.svg.clientWidth, this.svg.clientHeight];
    if (px > 0 && py > 0 && px < width - 120 && py < height - 50) return;
    select(this.svg).transition().duration(duration()).call(this.zoom.translateTo, place.x + 60, place.y + 20);
  }

  /** The box around all that is drawn. */
  box() {
    const places = [...this.places].filter(([id]) => this.drawn.nodes.has(id)).map(([id, place]) => ({ ...place, w: widthOf(this.drawn.nodes.get(id)) }));
    if (!places.length) return { x: 0, y: 0, width: 1, height: 1 };
    const lines = this.lines.node().getBBox();
    const x = Math.min(lines.x, ...places.map((one) => one.x));
    const y = Math.min(lines.y, ...places.map((one) => one.y));
    const right = Math.max(lines.x + lines.width, ...places.map((one) => one.x + one.w));
    const bottom = Math.max(lines.y + lines.height, ...places.map((one) => one.y + NODE_HEIGHT));
    return { x, y, width: right - x, height: bottom - y };
  }

  fit(time = duration()) {
    const { x, y, width, height } = this.box();
    const [w, h] = [this.svg.clientWidth, this.svg.clientHeight];
    const scale = Math.max(w < 600 ? 0.62 : 0.35, Math.min(1.15, (w - 48) / width, (h - 110) / height));
    const left = Math.max(24, (w - width * scale) / 2);
    const to = zoomIdentity.translate(left - x * scale, (w < 600 ? 76 : Math.max(64, (h - height * scale) / 2)) - y * scale).scale(scale);
    (time ? select(this.svg).transition().duration(time) : select(this.svg)).call(this.zoom.transform, to);
  }

  by(factor) {
    (duration() ? select(this.svg).transition().duration(160) : select(this.svg)).call(this.zoom.scaleBy, factor);
  }

  key(event) {
    const node = event.target.__data__;
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: () => this.along(node, "from", "to"), ArrowLeft: () => this.along(node, "to", "from"), ArrowUp: () => this.beside(node, -1), ArrowDown: () => this.beside(node, 1) }[event.key];
    if (to) {
      event.preventDefault();
      const next = to();
      if (next) this.focus(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (node.folds) this.unfold(node);
      else if (event.key === "Enter") this.opened(node.id);
      else this.chosen(node.id);
    }
  }

  /** The neighbour along an edge, one of the proof first. */
  along(node, here, there) {
    const found = this.drawn.edges.filter((one) => one[here] === node.id);
    const proving = found.find((one) => this.proof && one.keys.some((key) => this.proof.has(key)));
    return (proving ?? found[0])?.[there];
  }

  beside(node, way) {
    const from = this.places.get(node.id);
    const found = [...this.places].filter(([id, one]) => this.drawn.nodes.has(id) && Math.abs(one.x - from.x) < 130 && (one.y - from.y) * way > 4);
    return found.sort((a, b) => (a[1].y - b[1].y) * way)[0]?.[0];
  }
}

function spoken(edge) {
  if (edge.rest) return `${edge.relation}: more than is drawn`;
  const { subject, relation, object } = edge.tuple;
  return edge.keys.length > 1 ? `${count(edge.keys.length)} of ${relation} on ${object}` : `${readable(subject)} ${relation} ${readable(object)}`;
}

function card(node, drawing) {
  const width = widthOf(node);
  const { path, colour } = shapeOf(node.type);
  const click = () => (node.folds ? drawing.unfold(node) : drawing.chosen(node.id));
  const group = s("g", { class: `node c${colour}${node.isEnd ? " end" : ""}${node.folds ? " chip" : ""}`, tabindex: "0", role: "button", onclick: click, ondblclick: () => !node.folds && drawing.opened(node.id) });
  const lines = [s("text", { class: "name", x: 42, y: 21 }, nameOf(node)), " ", s("text", { class: "kind", x: 42, y: 36 }, kindOf(node))];
  if (nameOf(node) !== node.name) group.append(s("title", {}, node.folds ? "Open the next of them" : readable(node.id)));
  group.append(s("rect", { class: "card", width, height: NODE_HEIGHT, rx: 10 }), s("path", { class: "shape", d: path, transform: `translate(23,${NODE_HEIGHT / 2})` }), ...lines);
  return group;
}
