// The three questions, put to the service; each becomes rows, proofs and words. A row is proved when it is drawn.
import * as api from "./api.js";
import { count, many, plural, readable } from "./dom.js";
import { typeOf } from "./model.js";

const LISTED = 1000;
// So many rows are proved, and drawn, at a time. A state of the past is rebuilt for each, so fewer then.
const PROVED = 100;
const PROVED_PAST = 8;

const step = (view) => (view.at ? PROVED_PAST : PROVED);

/** The answer to a view's question, as of `view.at` where that is given; `types` are the model's. */
export async function ask(view, types, again = true) {
  api.forgetCalls();
  try {
    return await { who: whoCan, what: whatCan, why: whyCan }[view.mode](view, types);
  } catch (fault) {
    // A question of a kind that was never asked is planned first, which can take the whole time it has.
    if (fault.code !== "deadline_exceeded" || !again) throw fault;
    return ask(view, types, false);
  }
}

// --- why ---

async function whyCan({ store, subject, relation, object, at }) {
  const question = { subject, relation, object };
  const said = await api.why(store, question, at);
  return {
    kind: "why", allowed: said.allowed, headline: said.allowed ? "Allowed" : "Denied", sentence: said.sentence,
    proofs: said.proofs.map(({ path, sentence }) => ({ path, sentence })), branches: said.branches, changes: said.changes, rows: [], lists: [],
    ends: [subject.split("#")[0], object], truncated: said.complete ? null : "There was more to look at than may be read: more proofs or reasons may exist.", note: null, raw: said,
  };
}

export const sentenceOf = (path) => path.map((one) => `${readable(one.subject)} is ${one.relation} of ${readable(one.object)}`).join(", ");

// --- who can ---

/** Types that ask for themselves: those without relations that some relation takes. */
function whoMayAsk(types) {
  const taken = new Set([...types.values()].flatMap((one) => [...one.direct]));
  const found = [...types].filter(([name, one]) => one.relations.length === 0 && taken.has(name) && name !== "email").map(([name]) => name);
  return found.length ? found : ["member"];
}

async function whoCan(view, types) {
  const { store, relation, object, type, at } = view;
  const lists = await Promise.all((type ? [type] : whoMayAsk(types)).map(async (one) => {
    const question = { object, relation, type: one };
    const list = { type: one, relation, ids: [], except: [], cursor: null, makes: (subject) => ({ subject, relation, object }), page: (cursor) => api.listSubjects(store, { ...question, limit: LISTED, ...(cursor ? { cursor } : {}) }, at), all: (signal) => api.everySubject(store, question, signal) };
    return took(list, await list.page(null));
  }));
  const ends = [object];
  return provedFirst({ kind: "who", of: type || null, tail: `${relation} on ${readable(object)}`, lists, ends }, view);
}

/** What a page of a list said, added to the list. */
function took(list, { subjects, objects, wildcard, except = [], next_cursor: cursor = null }) {
  list.wildcard = Boolean(wildcard);
  list.ids.push(...(list.wildcard && !list.ids.length ? [`${list.type}:*`] : []), ...(subjects ?? objects));
  list.except.push(...except);
  list.cursor = cursor;
  list.open = cursor !== null;
  return list;
}

// --- what can ---

async function whatCan(view) {
  const { store, subject, type, relation, at } = view;
  const list = (of, by) => ({ type: of, relation: by, ids: [], except: [], cursor: null, makes: (object) => ({ subject, relation: by, object }) });
  let lists;
  if (type && relation) {
    const question = { subject, relation, type };
    const one = { ...list(type, relation), page: (cursor) => api.listObjects(store, { ...question, limit: LISTED, ...(cursor ? { cursor } : {}) }, at), all: (signal) => api.everyObject(store, question, signal) };
    lists = [took(one, await one.page(null))];
  } else if (at) {
    throw new api.Refused(400, "choose", "of the past one relation is listed at a time: choose a type of object and a relation");
  } else {
    const { access } = await api.listAccess(store, { subject, types: type ? [type] : [] });
    lists = access.filter((one) => !relation || one.relation === relation).map((one) => Object.assign(list(one.type, one.relation), { ids: one.objects, open: one.more }));
  }
  return provedFirst({ kind: "what", of: null, tail: readable(subject), lists, ends: [subject.split("#")[0]] }, view);
}

// --- rows ---

async function provedFirst(answer, view) {
  Object.assign(answer, { branches: [], changes: [], note: null });
  arrange(answer);
  await prove(answer, view, answer.rows.slice(0, step(view)));
  return answer;
}

/** Rows for all that is listed; those that are proved stay so. */
function arrange(answer) {
  const known = new Map((answer.rows ?? []).map((row) => [`${row.relation} ${row.id}`, row]));
  answer.rows = answer.lists.flatMap((list) => list.ids.map((id) => known.get(`${list.relation} ${id}`) ?? { id, type: typeOf(id), relation: list.relation, list, path: null, fault: null }));
  tell(answer);
}

/** Find the proof of each of these rows; one that is gone by now is no row any more. */
async function prove(answer, view, rows) {
  const asked = rows.map((row) => (row.question = row.list.makes(row.id)));
  const found = asked.length ? await (view.at ? api.proofsAt(view.store, asked, view.at) : api.proofs(view.store, asked)) : [];
  rows.forEach((row, i) => Object.assign(row, { looked: true, path: found[i]?.path ?? null, fault: found[i]?.error?.detail ?? null }));
  const gone = new Set(rows.filter((row) => !row.path && !row.fault));
  for (const { list, id } of gone) list.ids = list.ids.filter((one) => one !== id);
  if (gone.size) answer.rows = answer.rows.filter((row) => !gone.has(row));
  tell(answer);
}

/** Headline and words for what is known by now. */
function tell(answer) {
  const { kind, lists, rows, of } = answer;
  const isOpen = lists.some((one) => one.open);
  const everyone = lists.filter((one) => one.wildcard);
  const except = everyone.flatMap((one) => one.except);
  const objects = kind === "what" ? new Set(rows.map((one) => one.id)).size : rows.length;
  const word = kind === "what" ? "object" : (of ?? "subject").replace(/.*#/, "");
  answer.headline = everyone.length ? `Every ${everyone.map((one) => one.type).join(", every ")}` : objects ? `${isOpen ? "More than " : ""}${many(objects, word)}` : kind === "what" ? "Nothing" : "Nobody";
  const left = except.length ? `, except ${except.slice(0, 20).map(readable).join(", ")}${except.length > 20 ? ` and ${count(except.length - 20)} more` : ""}` : "";
  const has = kind === "what" ? "within reach of" : objects === 1 || everyone.length ? "has" : "have";
  answer.sentence = `${has} ${answer.tail}${left}`;
  const drawn = rows.filter((one) => one.looked).length;
  answer.truncated = isOpen || drawn < rows.length ? `Drawn one by one: ${count(drawn)} of ${isOpen ? `more than ${count(rows.length)}` : count(rows.length)}. The rest is folded.` : null;
  answer.proofs = rows.filter((one) => one.path?.length).map((row) => ({ path: row.path, sentence: sentenceOf(row.path), row }));
  answer.rests = restsOf(answer);
  answer.raw = lists.map(({ type, relation, ids, except: without, wildcard, open }) => ({ type, relation, ids, ...(wildcard ? { wildcard, except: without } : {}), more: Boolean(open) }));
}

/** What is listed and not drawn, by type: how many, and whether there are more still. */
function restsOf({ lists, rows }) {
  const rests = new Map();
  const of = (row) => rests.get(row.type) ?? rests.set(row.type, { type: row.type, count: 0, open: false, relations: new Set() }).get(row.type);
  for (const row of rows) if (!row.looked) (of(row).count += 1, of(row).relations.add(row.relation));
  for (const list of lists) if (list.open) Object.assign(of({ type: list.type.split("#")[0] }), { open: true }).relations.add(list.relation);
  return [...rests.values()];
}

/** The next of what is folded, proved; where no more are known the list is read on. */
export async function goOn(answer, view, type) {
  const waiting = () => answer.rows.filter((one) => one.type === type && !one.looked);
  const list = answer.lists.find((one) => one.open && one.type.split("#")[0] === type);
  if (!waiting().length && list?.page) (took(list, await list.page(list.cursor)), arrange(answer));
  const rows = waiting().slice(0, step(view));
  await prove(answer, view, rows);
  return rows;
}

/** Prove one row that was chosen. */
export const proveRow = (answer, view, row) => prove(answer, view, [row]);

/** Whether there is more than was listed, which one call can tell. */
export const canCount = (answer, view) => !view.at && answer.lists.some((one) => one.open && one.all);

/** Read to their end the lists that go on. */
export async function countAll(answer, signal) {
  for (const list of answer.lists.filter((one) => one.open && one.all)) {
    const said = await list.all(signal);
    list.ids = [...(said.wildcard ? [`${list.type}:*`] : []), ...said.found];
    Object.assign(list, { except: said.except, wildcard: said.wildcard, cursor: null, open: false });
  }
  arrange(answer);
}

export const restName = (rest) => plural(rest.type);
