// The picture as data: nodes and edges out of tuples, what is folded, and what leads where.
import { idOf, typeOf } from "./model.js";

// So many that look the same are drawn one by one; of more, the first few and a chip.
const ALIKE = 6;
const SHOWN = 3;
// Opening a fold shows so many more.
const OPENED = 50;

export const keyOf = (tuple) => `${tuple.object}#${tuple.relation}@${tuple.subject}`;

/** The object a subject names: `group:eng#member` starts at `group:eng`. */
export const baseOf = (subject) => subject.split("#")[0];

/** Everything that may be drawn: the tuples of proofs, and what was brought in by expanding. */
export class Picture {
  constructor(ends = []) {
    this.ends = new Set(ends);
    this.tuples = new Map(); // key → {tuple, by}: `by` is what brought it, null for a proof
    this.unfolded = new Map(); // sign → how many of a fold are shown
    this.more = new Map(); // id → where reading its tuples goes on, of what was expanded and has more
    this.kept = new Set(); // what no fold takes: the proof that is looked at
    this.rests = []; // what is listed and not drawn: {type, count, open, relations}
  }

  add(tuples, by = null) {
    for (const tuple of tuples) {
      const key = keyOf(tuple);
      const there = this.tuples.get(key);
      if (!there) this.tuples.set(key, { tuple, by });
      else if (by === null) there.by = null;
    }
  }

  unfold(sign) {
    this.unfolded.set(sign, (this.unfolded.get(sign) ?? SHOWN) + OPENED);
  }

  isExpanded(id) {
    return [...this.tuples.values()].some((one) => one.by === id);
  }

  collapse(id) {
    const gone = [id];
    while (gone.length) {
      const one = gone.pop();
      this.more.delete(one);
      for (const [key, { tuple, by }] of this.tuples) {
        if (by !== one) continue;
        this.tuples.delete(key);
        gone.push(baseOf(tuple.subject), tuple.object);
      }
      if (this.tuples.size > 5000) return;
    }
  }

  /** Nodes and edges to draw, without what a filter leaves out, alike ones folded. */
  drawn(without = new Set()) {
    const nodes = new Map();
    const edges = [];
    const node = (id) => nodes.get(id) ?? nodes.set(id, { id, type: typeOf(id), name: idOf(id), isEnd: this.ends.has(id) }).get(id);
    for (const end of this.ends) node(end);
    for (const [key, { tuple, by }] of this.tuples) {
      const from = baseOf(tuple.subject);
      const isLeftOut = without.has(`r:${tuple.relation}`) || [from, tuple.object].some((id) => !this.ends.has(id) && without.has(`t:${typeOf(id)}`));
      if (isLeftOut && by !== null) continue;
      node(from);
      node(tuple.object);
      edges.push({ key, from, to: tuple.object, relation: tuple.relation, via: tuple.subject.slice(from.length), tuple, extra: by !== null, keys: [key] });
    }
    const drawn = this.folded(nodes, edges);
    this.drawRests(drawn, without);
    return drawn;
  }

  /** Chips for what is known of and not drawn: the rest of the answer, and of tuples that were expanded. */
  drawRests({ nodes, edges }, without) {
    const [end] = this.ends;
    const chip = (node, from, to, relation) => {
      nodes.set(node.id, node);
      edges.push({ key: node.id, from: from ?? node.id, to: to ?? node.id, relation, via: "", tuple: null, extra: true, keys: [node.id], rest: true });
    };
    for (const { type, count, open, relations } of this.rests) {
      if (without.has(`t:${type}`)) continue;
      const node = { id: `+${type}`, type, folds: { length: count, open }, more: { type } };
      const relation = relations.size === 1 ? [...relations][0] : `${relations.size} relations`;
      chip(node, ...(this.incoming ? [null, end] : [end, null]), relation);
    }
    for (const [id, { into, out }] of this.more) {
      if (!nodes.has(id)) continue;
      if (into) chip({ id: `+in ${id}`, type: "tuple", folds: { length: 0, open: true }, more: { id } }, null, id, "more");
      if (out) chip({ id: `+out ${id}`, type: "tuple", folds: { length: 0, open: true }, more: { id } }, id, null, "more");
    }
  }

  folded(nodes, edges) {
    const signs = new Map([...nodes.keys()].map((id) => [id, []]));
    for (const one of edges) {
      signs.get(one.from).push(`>${one.relation}${one.via}>${one.to}`);
      signs.get(one.to).push(`<${one.relation}${one.via}<${one.from}`);
    }
    const alike = new Map();
    for (const [id, said] of signs) {
      if (this.ends.has(id) && this.ends.size <= 2) continue;
      const sign = `${typeOf(id)} ${said.sort().join(" ")}`;
      alike.set(sign, [...(alike.get(sign) ?? []), id]);
    }
    const into = new Map();
    for (const [sign, ids] of alike) {
      const shown = this.unfolded.get(sign) ?? SHOWN;
      if (ids.length <= ALIKE || ids.length <= shown) continue;
      const rest = [...ids.filter((id) => this.kept.has(id)), ...ids.filter((id) => !this.kept.has(id))].slice(shown);
      const chip = `+${sign}`;
      nodes.set(chip, { id: chip, type: nodes.get(rest[0]).type, folds: rest, sign });
      for (const id of rest) (into.set(id, chip), nodes.delete(id));
    }
    if (!into.size) return { nodes, edges };
    const merged = new Map();
    for (const one of edges) {
      const from = into.get(one.from) ?? one.from;
      const to = into.get(one.to) ?? one.to;
      const key = `${to}#${one.relation}@${from}${one.via}`;
      const there = merged.get(key);
      if (there) there.keys.push(one.key);
      else merged.set(key, { ...one, key: from === one.from && to === one.to ? one.key : key, from, to, keys: [one.key] });
    }
    return { nodes, edges: [...merged.values()] };
  }
}
