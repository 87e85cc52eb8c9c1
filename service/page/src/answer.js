// The three questions, put to the service; each becomes rows, proofs and words, whatever the service can tell.
import * as api from "./api.js";
import { count, many, readable } from "./dom.js";
import { relationsOf, typeOf } from "./model.js";

const PAGE = 100;
const CANDIDATES = 200;

/** The answer to a view's question; `types` are the model's. */
export async function ask(view, types) {
  api.forgetCalls();
  return { who: whoCan, what: whatCan, why: whyCan }[view.mode](view, types);
}

// --- why ---

async function whyCan({ store, subject, relation, object }) {
  const question = { subject, relation, object };
  try {
    const said = await api.why(store, question);
    const proofs = (said.proofs ?? []).map((one) => ({ path: one.path, sentence: one.sentence ?? sentenceOf(one.path) }));
    return { ...verdict(said.allowed, question, said.sentence), proofs, branches: said.branches ?? [], changes: said.changes ?? [], truncated: said.complete === false ? "There was more to look at than may be read: more proofs or reasons may exist." : null, raw: said };
  } catch (fault) {
    if (!fault.isMissing) throw fault;
  }
  const said = await api.check(store, question);
  const proofs = said.path?.length ? [{ path: said.path, sentence: sentenceOf(said.path) }] : [];
  const note = said.allowed ? null : "This service does not say yet where a denied question stopped. Click a node to follow its tuples.";
  return { ...verdict(said.allowed, question), proofs, branches: [], changes: [], note, raw: said };
}

function verdict(allowed, { subject, relation, object }, sentence) {
  const said = sentence ?? `${readable(subject)} ${allowed ? "has" : "does not have"} ${relation} on ${readable(object)}.`;
  return { kind: "why", allowed, headline: allowed ? "Allowed" : "Denied", sentence: said, rows: [], ends: [subject.split("#")[0], object] };
}

export const sentenceOf = (path) => path.map((one) => `${readable(one.subject)} is ${one.relation} of ${readable(one.object)}`).join(", ");

// --- who can ---

async function whoCan({ store, relation, object, type }, types) {
  const asked = type ? [type] : whoMayAsk(types);
  const found = [];
  let truncated = null;
  const notes = [];
  const raw = [];
  for (const one of asked) {
    const said = await subjectsOf(store, { object, relation, type: one }, types);
    raw.push(said);
    found.push(...said.subjects);
    if (said.wildcard) notes.push(`Every ${one}${said.except?.length ? `, except ${said.except.map(readable).join(", ")}` : ""}.`);
    if (said.next_cursor) truncated = `Showing ${count(said.subjects.length)} of more ${many(2, one).slice(2)}; narrow it by type or id.`;
    if (said.guessed) notes.push(said.guessed);
  }
  const shown = found.slice(0, PAGE);
  if (found.length > shown.length) truncated = `Showing ${count(shown.length)} of ${count(found.length)}; narrow it by type.`;
  const rows = await provedRows(store, shown.map((subject) => ({ id: subject, question: { subject, relation, object } })), relation);
  const headline = rows.length ? `${many(rows.length, asked.length === 1 ? asked[0] : "subject")}${truncated ? " or more" : ""}` : "Nobody";
  return { kind: "who", headline, sentence: `${rows.length === 1 ? "has" : "have"} ${relation} on ${readable(object)}`, rows, proofs: proofsOf(rows), truncated, note: [...new Set(notes)].join(" ") || null, ends: [object], branches: [], changes: [], raw };
}

/** Where no question could be read or decided, there is no answer: an empty list would look like one. */
function refuseAll(proofs) {
  const faults = proofs.filter((one) => one?.error);
  if (faults.length && faults.length === proofs.length) throw new api.Refused(400, faults[0].error.code, faults[0].error.detail);
}

/** Types that ask for themselves: those without relations that some relation takes. */
function whoMayAsk(types) {
  const taken = new Set([...types.values()].flatMap((one) => [...one.direct]));
  const found = [...types].filter(([name, one]) => one.relations.length === 0 && taken.has(name) && name !== "email").map(([name]) => name);
  return found.length ? found : ["member"];
}

async function subjectsOf(store, question) {
  try {
    return await api.listSubjects(store, { ...question, limit: PAGE });
  } catch (fault) {
    if (!fault.isMissing) throw fault;
  }
  const candidates = await candidatesOf(store, { subject: `${question.type}:` }, "subject");
  const proofs = await api.proofs(store, candidates.map((subject) => ({ subject, relation: question.relation, object: question.object })));
  refuseAll(proofs);
  return { subjects: candidates.filter((_, i) => proofs[i]), guessed: "This service does not list yet: who was found in the first tuples was checked." };
}

// --- what can ---

async function whatCan({ store, subject, type, relation }, types) {
  const { access, note, raw } = await accessOf(store, { subject, type, relation }, types);
  const wanted = access.filter((one) => (!type || one.type === type) && (!relation || one.relation === relation));
  const all = wanted.flatMap((one) => one.objects.map((object) => ({ id: object, question: { subject, relation: one.relation, object } })));
  const shown = all.slice(0, 2 * PAGE);
  const more = wanted.some((one) => one.more) || all.length > shown.length;
  const rows = await provedRows(store, shown);
  const objects = new Set(rows.map((one) => one.id)).size;
  const headline = rows.length ? `${many(objects, "object")}${more ? " or more" : ""}` : "Nothing";
  const truncated = more ? `Showing ${count(rows.length)} of more; narrow it by type or relation.` : null;
  return { kind: "what", headline, sentence: `within reach of ${readable(subject)}`, rows, proofs: proofsOf(rows), truncated, note, ends: [subject.split("#")[0]], branches: [], changes: [], raw };
}

async function accessOf(store, { subject, type, relation }, types) {
  try {
    const said = await api.listAccess(store, { subject, types: type ? [type] : [] });
    return { access: said.access, raw: said };
  } catch (fault) {
    if (!fault.isMissing) throw fault;
  }
  const access = [];
  for (const name of type ? [type] : [...types.keys()]) {
    const relations = relation ? [relation] : relationsOf(types, name).filter((one) => one.startsWith("can_"));
    if (!relations.length || !types.get(name).relations.some((one) => relations.includes(one))) continue;
    const objects = await candidatesOf(store, { object: `${name}:` }, "object");
    const questions = objects.flatMap((object) => relations.map((one) => ({ subject, relation: one, object }))).slice(0, 1000);
    if (!questions.length) continue;
    const proofs = await api.proofs(store, questions);
    refuseAll(proofs);
    for (const one of relations) access.push({ type: name, relation: one, objects: questions.filter((each, i) => each.relation === one && proofs[i]?.path).map((each) => each.object) });
  }
  const note = "This service does not list yet: each object found in the first tuples was checked.";
  return { access: access.filter((one) => one.objects.length), note, raw: access };
}

async function candidatesOf(store, filter, side) {
  const { tuples } = await api.readTuples(store, { ...filter, limit: 1000 });
  return [...new Set(tuples.map((one) => one[side].split("#")[0]))].filter((one) => !one.endsWith(":*")).slice(0, CANDIDATES);
}

// --- rows ---

async function provedRows(store, asked) {
  const found = asked.length ? await api.proofs(store, asked.map((one) => one.question)) : [];
  return asked
    .map((one, i) => ({ id: one.id, type: typeOf(one.id), relation: one.question.relation, question: one.question, path: found[i]?.path ?? null, fault: found[i]?.error?.detail ?? null }))
    .filter((one) => one.path || one.fault);
}

const proofsOf = (rows) => rows.filter((one) => one.path?.length).map((one) => ({ path: one.path, sentence: sentenceOf(one.path), row: one }));
