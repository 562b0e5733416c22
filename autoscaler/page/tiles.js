// The figures that people look for first.
import { count, digits, duration, known, number, percent, tight, UNKNOWN, whole } from "./format.js";
import { byId, element, setData, setHidden, setText } from "./dom.js";
import { because } from "./reasons.js";

export class Tiles {
  constructor({ board }) {
    this.board = board;
    this.tiles = Object.fromEntries(TILES.map(([name, label]) => [name, makeTile(name, label)]));
  }

  draw = () => {
    const { state, samples } = this.board, { tiles } = this;
    timeLag(tiles.age, state);
    lag(tiles.lag, state);
    tell(tiles.arriving, number(state?.rates.arrival), "/s", "events that enter Kafka");
    tell(tiles.processed, number(state?.rates.processing), "/s", shareOf(state));
    replicas(tiles.replicas, state);
    cpu(tiles.cpu, samples);
    why(tiles.why, this.board);
  };
}

const TILES = [
  ["age", "Time lag"], ["lag", "Lag"], ["arriving", "Arriving"], ["processed", "Processed"], ["replicas", "Replicas"], ["cpu", "Worker CPU"], ["why", "Why this number"],
];

function makeTile(name, label) {
  const card = element("div", { className: `card tile-${name}`, parent: byId("tiles") });
  element("dt", { text: label, parent: card });
  const tile = name === "replicas" ? { card, trio: makeTrio(card) } : { card, ...makeNumber(card) };
  tile.detail = element("dd", { className: "detail", parent: card });
  if (name === "age") tile.verdict = element("dd", { className: "slo", parent: card });
  if (name === "cpu") tile.bar = makeBar(card);
  return tile;
}

function makeNumber(card) {
  const shown = element("dd", { className: "number", parent: card }), value = document.createTextNode(UNKNOWN);
  shown.append(value, " ");
  return { value, unit: element("small", { parent: shown }) };
}

function makeTrio(card) {
  const place = element("dd", { className: "trio", parent: card });
  return Object.fromEntries(["desired", "ready", "needed"].map((name) => {
    const part = element("span", { parent: place }), value = element("b", { className: "number", text: UNKNOWN, parent: part });
    element("small", { text: name, parent: part });
    return [name, value];
  }));
}

function makeBar(card) {
  const bar = element("dd", { className: "split", parent: card, "aria-hidden": "true" });
  return { starting: element("i", { className: "starting", parent: bar }), working: element("i", { className: "working", parent: bar }), rest: element("i", { parent: bar }) };
}

function tell(tile, value, unit, detail) {
  if (tile.value.data !== value) tile.value.data = value;
  setText(tile.unit, value === UNKNOWN ? "" : unit);
  setText(tile.detail, detail);
}

function timeLag(tile, state) {
  const seconds = state?.lag.seconds ?? null, limit = state?.slo_time_lag_seconds ?? null;
  const [value, unit] = split(duration(seconds));
  tell(tile, value, unit, "age of the oldest event");
  const verdict = state === null ? "waiting" : limit === null ? "none" : seconds === null ? "unknown" : seconds <= limit ? "held" : "broken";
  setData(tile.card, "verdict", verdict);
  const words = { waiting: "", none: "no SLO is set", unknown: `? SLO ≤ ${duration(limit)}`, held: `✓ SLO ≤ ${duration(limit)}`, broken: `✕ SLO ≤ ${duration(limit)}` };
  setText(tile.verdict, words[verdict]);
}

// "2 min 5 s" is all number, "0.4 s" a number and its unit.
function split(text) {
  const parts = text.split(" ");
  return parts.length === 2 ? parts : [text, ""];
}

// Which way it goes is told by the rates: the lag itself jumps with each commit.
function lag(tile, state) {
  const { arrival, processing } = state?.rates ?? {}, events = state?.lag.events ?? null;
  tell(tile, count(events), events === 1 ? "event" : "events", known(arrival) && known(processing) && known(events) ? trend(events, processing - arrival, arrival) : "");
}

function trend(events, falling, arrival) {
  if (Math.abs(falling) < Math.max(1, arrival * 0.03)) return "steady";
  if (falling < 0) return `grows by ${number(-falling)}/s`;
  return events < arrival ? "falls" : tight(`empty in about ${whole(events / falling)}`);
}

function shareOf(state) {
  const { arrival, processing } = state?.rates ?? {};
  return known(arrival) && known(processing) && arrival > 0 ? `${percent(processing / arrival)} of what arrives` : "events that workers commit";
}

function replicas(tile, state) {
  const { desired, current, ready, needed } = state?.replicas ?? {};
  for (const [name, value] of Object.entries({ desired, ready, needed })) setText(tile.trio[name], count(value));
  setText(tile.detail, `${count(current)} alive, ${count(state?.group_members)} in the group`);
  setData(tile.card, "verdict", known(needed) && known(ready) && ready < needed ? "short" : "fine");
}

function cpu(tile, samples) {
  const at = samples.at.length - 1, init = samples.value("cpu_init_cores", at), work = samples.value("cpu_work_cores", at);
  const total = known(init) && known(work) ? init + work : null, host = samples.value("host_cpu_ratio", at);
  tell(tile, known(total) ? digits(total) : UNKNOWN, "cores", total ? `${percent(init / total)} for starting, host at ${percent(host)}` : "for starting and for working");
  const cores = known(total) && host > 0 ? Math.max(total, total / host) : total;
  const parts = total ? { starting: init / cores, working: work / cores, rest: 1 - total / cores } : { starting: 0, working: 0, rest: 1 };
  for (const [name, part] of Object.entries(parts)) {
    tile.bar[name].style.flexGrow = Math.max(0, part);
    setHidden(tile.bar[name], part < 0.005);
  }
}

function why(tile, { state, decisions }) {
  const newest = decisions[0];
  const held = state?.held ?? newest?.held;
  const words = state?.manual ? `set by hand to ${state.manual.replicas}` : state?.paused ? "paused: the number of then is kept" : held ? `held: ${held}` : newest && because(newest);
  tell(tile, words ?? (state ? "the policy was not asked yet" : UNKNOWN), "", newest && !state?.manual && !state?.paused ? newest.policy : "");
}
