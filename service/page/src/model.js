// The types and relations of a model, from its text: only what the fields suggest. The service reads it in earnest.
export function readModel(text) {
  const types = new Map();
  let type = null;
  for (const line of text.split("\n")) {
    const plain = line.replace(/(^|\s)#.*$/, "");
    const named = /^\s*type\s+(\S+)\s*$/.exec(plain);
    const defined = /^\s*define\s+(\S+?)\s*:(.*)$/.exec(plain);
    if (named) types.set((type = named[1]), { relations: [], direct: new Set() });
    else if (defined && type) {
      types.get(type).relations.push(defined[1]);
      for (const list of defined[2].matchAll(/\[([^\]]*)\]/g)) for (const one of list[1].split(",")) types.get(type).direct.add(one.trim().split(/[\s:#]/)[0]);
    }
  }
  return types;
}

/** The relations of a type, what may be done first. */
export function relationsOf(types, type) {
  const all = types.get(type)?.relations ?? [...new Set([...types.values()].flatMap((one) => one.relations))];
  return [...all.filter((one) => one.startsWith("can_")), ...all.filter((one) => !one.startsWith("can_"))];
}

/** Types without relations of their own: who asks, mostly. */
export const subjectTypes = (types) => [...types].filter(([, one]) => one.relations.length === 0).map(([name]) => name);

export const typeOf = (id) => id.slice(0, Math.max(0, id.indexOf(":")));
export const idOf = (id) => id.slice(id.indexOf(":") + 1);
