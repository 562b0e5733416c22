// Where a worker stands, in one word: Weir's phase where the worker tells it, the pod's state where it cannot.
export const PHASES = [
  { name: "ready", sign: "●", tone: "ready" },
  { name: "not ready", sign: "◌", tone: "starting" },
  { name: "joining", sign: "◕", tone: "starting" },
  { name: "initialising", sign: "◑", tone: "starting" },
  { name: "starting", sign: "◔", tone: "starting" },
  { name: "pending", sign: "○", tone: "waiting" },
  { name: "back-off", sign: "↻", tone: "failed" },
  { name: "failed", sign: "✕", tone: "failed" },
  { name: "draining", sign: "↓", tone: "leaving" },
  { name: "stopped", sign: "□", tone: "leaving" },
  { name: "unknown", sign: "?", tone: "waiting" },
];
const RANKS = new Map(PHASES.map(({ name }, rank) => [name, rank]));

export function phaseOf(worker) {
  if (worker.deleted) return worker.phase === "stopped" ? "stopped" : "draining";
  if (worker.launched_at === null) return worker.restarts > 0 || worker.last_exit ? "back-off" : "pending";
  if (worker.phase === "ready" && !worker.ready) return "not ready";
  if (RANKS.has(worker.phase)) return worker.phase;
  return worker.ready ? "ready" : worker.pod_phase === "Pending" ? "pending" : "unknown";
}

export function look(name) { return PHASES[RANKS.get(name)]; }

export function rank(name) { return RANKS.get(name); }
