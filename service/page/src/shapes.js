// How a type is told from the others: by its shape, its colour and its name, never by one alone.
const PATHS = {
  circle: "M0-10A10 10 0 1 1 0 10A10 10 0 1 1 0-10Z",
  square: "M-8-9H8Q9-9 9-8V8Q9 9 8 9H-8Q-9 9-9 8V-8Q-9-9-8-9Z",
  hexagon: "M-10 0L-5-9H5L10 0L5 9H-5Z",
  diamond: "M0-11L11 0L0 11L-11 0Z",
  shield: "M0-10L9-7V0Q9 7 0 11Q-9 7-9 0V-7Z",
  tag: "M-10-7H3L11 0L3 7H-10Z",
  house: "M0-10L10-2V9H-10V-2Z",
  drum: "M-9-6Q0-12 9-6V6Q0 12-9 6Z",
  triangle: "M0-10L11 8H-11Z",
  octagon: "M-4-10H4L10-4V4L4 10H-4L-10 4V-4Z",
};
const KNOWN = { member: ["circle", 0], user: ["circle", 0], group: ["hexagon", 1], team: ["hexagon", 1], policy: ["shield", 2], role: ["shield", 2], label: ["tag", 3], workspace: ["house", 4], source: ["drum", 5], resource: ["drum", 5], token: ["triangle", 6], space: ["octagon", 7] };
const NAMES = Object.keys(PATHS);
const COLOURS = 8;
const learnt = new Map();

/** Give each type of a model a look that no other has, as far as there are looks. */
export function learnShapes(types) {
  learnt.clear();
  let next = 0;
  const taken = new Set(Object.values(KNOWN).map(String));
  for (const type of types.filter((one) => !Object.hasOwn(KNOWN, one))) {
    let look = null;
    do {
      look = [NAMES[next % NAMES.length], (next * 3 + 1) % COLOURS];
      next += 1;
    } while (taken.has(String(look)) && next < 200);
    learnt.set(type, look);
  }
}

/** The shape's outline around 0,0 and the number of the colour. */
export function shapeOf(type) {
  const [shape, colour] = (Object.hasOwn(KNOWN, type) ? KNOWN[type] : learnt.get(type)) ?? made(type);
  return { path: PATHS[shape], colour };
}

function made(type) {
  let sum = 0;
  for (const letter of type) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return [NAMES[sum % NAMES.length], (sum >>> 4) % COLOURS];
}
