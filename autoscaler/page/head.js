// The top of the page: what is scaled, by which policy, in which mode, and whether the page is up to date.
import { clock, count, known, UNKNOWN, whole } from "./format.js";
import { byId, element, keyed, setData, setHidden, setText } from "./dom.js";
import { now } from "./link.js";

const MODES = {
  automatic: "Automatic", manual: "Manual target", paused: "Paused", standby: "Standby", "dry-run": "Dry run",
};

export class Head {
  constructor({ board, link }) {
    Object.assign(this, { board, link });
  }

  draw = () => {
    const { state } = this.board;
    setText(byId("subject"), state ? subject(state) : "Weir");
    setText(byId("version"), state?.version ?? "");
    setText(byId("mode"), state ? (MODES[state.mode] ?? state.mode) : "Waiting for the first tick");
    setData(byId("mode"), "mode", state?.mode ?? "unknown");
    keyed(byId("facts"), state ? facts(state) : [], { key: ([name]) => name, make: makeFact, update: (row, [, value]) => setText(row.lastChild, value) });
    document.title = state ? `${state.storm?.active ? "↯ Init storm: " : ""}${subject(state)} · Weir` : "Weir";
  };

  drawConnection = () => {
    const { link } = this, silent = now() - link.heardAt, allowed = Math.max(5, 5 * (this.board.state?.tick_seconds ?? 1));
    const stale = link.phase === "live" && silent > allowed;
    const phase = stale ? "stale" : link.phase, since = this.board.state ? `(stale since ${clock(this.board.state.at)})` : "";
    setData(byId("connection"), "phase", phase);
    setData(document.body, "phase", phase);
    setText(byId("connection-words"), { connecting: "connecting", live: "live", stale: "silent", waiting: "reconnecting" }[phase]);
    setText(byId("connection-since"), phase === "live" ? "" : since);
    setText(byId("connection-count"), phase === "waiting" ? `in ${Math.max(0, Math.ceil(link.retryAt - now()))} s` : "");
    setHidden(byId("retry"), phase !== "waiting");
  };
}

function makeFact([name]) {
  const row = element("div");
  element("dt", { text: name, parent: row });
  element("dd", { parent: row });
  return row;
}

// A run's group and topic have names that only the run knows; its scenario is what people call it.
function subject(state) { return state.scenario ?? state.group; }

function facts(state) {
  const { policy, leader } = state;
  return [
    ...(state.scenario ? [["Group", state.group]] : []),
    ["Topic", `${state.topic}, ${count(state.partitions)} partitions`],
    ["Policy", policy ? `${policy.name}, ${policy.kind}, ${bounds(policy)}` : UNKNOWN],
    ["Backend", state.backend],
    ["Leader", leader ? leaderWords(leader) : state.mode === "standby" ? "nobody at the moment" : "no lease: alone"],
  ];
}

export function bounds({ replicas_min: least, replicas_max: most }) {
  if (!known(least) && !known(most)) return "no bounds";
  return `${known(least) ? least : 0} to ${known(most) ? most : "any"}`;
}

function leaderWords({ holder, term, self }) {
  return `${holder}${self ? " (this one)" : ""}, term ${term}`;
}

export function until(at, board) { return `${clock(at)} (${whole(at - board.now())} left)`; }
