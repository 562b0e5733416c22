// Why it is that many workers: the newest decision step by step, its conditions, and those before it, folded.
import { clock, count, many, number, tight, whole } from "./format.js";
import { byId, element, keyed, setData, setHidden, setText } from "./dom.js";
import { because, movements } from "./reasons.js";

const EARLIER_MAX = 60;

export class Decisions {
  #told = -1;

  constructor({ board }) {
    this.board = board;
    const place = byId("decision");
    this.title = element("h2", { id: "decision-title", text: "Why this number", parent: place });
    this.when = element("p", { className: "when", parent: place });
    this.newest = makeDecision(place);
    this.more = element("details", { className: "earlier", parent: place });
    const summary = element("summary", { text: "Earlier decisions ", parent: this.more });
    this.count = element("span", { className: "count", parent: summary });
    this.list = element("ol", { className: "history", parent: this.more });
    this.more.addEventListener("toggle", () => { this.#told = -1; this.draw(); });
  }

  draw = () => {
    const [newest, ...earlier] = this.board.decisions;
    setText(this.title, title(newest, this.board.state));
    setText(this.when, newest ? when(newest, this.board) : "The policy was not asked yet.");
    if (this.#told === this.board.changes.decisions) return;
    this.#told = this.board.changes.decisions;
    setHidden(this.newest.place, !newest);
    if (newest) drawDecision(this.newest, newest);
    setHidden(this.more, !earlier.length);
    setText(this.count, count(earlier.length));
    if (this.more.open) this.#history(earlier);
  };

  #history(earlier) {
    keyed(this.list, earlier.slice(0, EARLIER_MAX), { key: ({ at }) => at, make: makeEarlier, update: updateEarlier });
  }
}

// What was decided need not be what is asserted: by hand, or while a part fails.
function title(newest, state) {
  if (!newest) return "Why this number";
  const workers = many(newest.replicas, "worker");
  return state && state.replicas.desired !== newest.replicas ? `Decided last: ${workers}` : `Why ${workers}`;
}

function when({ at, until, count: times, policy, replicas_before: before, replicas }, board) {
  const moved = before === replicas ? "kept" : `${before} → ${replicas}`;
  const last = until ?? at;
  return `${policy}, ${moved} at ${clock(at)}${times > 1 ? `, ${times} times the same until ${clock(last)}` : ""}, ${whole(board.now() - last)} ago`;
}

function makeDecision(parent) {
  const place = element("div", { parent });
  const held = element("p", { className: "failed-part", parent: place });
  const steps = element("ol", { className: "steps", parent: place });
  const conditions = element("ul", { className: "conditions", parent: place, "aria-label": "Conditions" });
  return { place, held, steps, conditions };
}

function drawDecision({ held, steps, conditions }, decision) {
  setHidden(held, !decision.held);
  setText(held, decision.held ? `Held, because a part failed: ${decision.held}` : "");
  const moves = movements(decision);
  keyed(steps, decision.trail ?? [], {
    key: (_, index) => index, make: makeStep, update: (row, step, index) => updateStep(row, step, moves[index]),
  });
  keyed(conditions, decision.conditions ?? [], { key: ({ type }) => type, make: makeCondition, update: updateCondition });
}

function makeStep() {
  const row = element("li");
  element("span", { className: "rule", parent: row });
  element("span", { className: "to", parent: row });
  element("p", { parent: row });
  element("small", { parent: row });
  return row;
}

function updateStep(row, { rule, why, numbers }, { from, to, deciding }) {
  const [name, number_, words, small] = row.children;
  setText(name, rule);
  setText(number_, from === to ? String(to) : `${from} → ${to}`);
  setText(words, tight(why));
  setText(small, Object.entries(numbers ?? {}).map(([key, value]) => `${key} ${number(value)}`).join(", "));
  setData(row, "moved", String(from !== to));
  setData(row, "deciding", String(deciding));
}

function makeCondition() {
  const row = element("li");
  element("span", { className: "type", parent: row });
  element("span", { className: "status", parent: row });
  element("p", { parent: row });
  return row;
}

function updateCondition(row, { type, status, reason, message }) {
  const [name, truth, words] = row.children;
  setText(name, type);
  setText(truth, status ? "true" : "false");
  setText(words, `${reason}: ${message}`);
}

function makeEarlier(decision) {
  const row = element("li"), details = element("details", { parent: row });
  const summary = element("summary", { parent: details });
  for (const className of ["at", "to", "why"]) element("span", { className, parent: summary });
  details.addEventListener("toggle", () => {
    if (details.open && !row.decision) drawDecision((row.decision = makeDecision(details)), row.said);
  });
  row.said = decision;
  return row;
}

function updateEarlier(row, decision) {
  const [at, to, why] = row.firstChild.firstChild.children;
  row.said = decision;
  setText(at, clock(decision.at));
  setText(to, decision.replicas === decision.replicas_before ? `${decision.replicas}` : `${decision.replicas_before} → ${decision.replicas}`);
  setText(why, `${because(decision)}${decision.count > 1 ? ` (${decision.count} times)` : ""}`);
  setData(row, "moved", String(decision.replicas !== decision.replicas_before));
}
