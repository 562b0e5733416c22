// What the page knows: the last documents, the samples, and what the samples do not have (marks, storms).
import { readOr } from "./api.js";
import { because } from "./reasons.js";
import { Samples } from "./samples.js";

const DECISIONS_MAX = 500;
const HAPPENINGS_MAX = 2_000;
const OVER = /^(over|ended|closed)/; // how the end of a storm is told

export class Board {
  state = null;
  workers = [];
  decisions = []; // newest first
  happenings = []; // newest first
  samples = new Samples();
  changes = { decisions: 0, happenings: 0 }; // counted, for those who keep what they made of them
  #stateSeenAt = 0;

  // Everything anew: a server that was started again knows nothing of before.
  async load(query, signal) {
    const [state, workers, samples, decisions, happenings] = await Promise.all([
      readOr(null, "state", {}, signal),
      readOr([], "workers", {}, signal),
      readOr({ at: [], series: {} }, "samples", query, signal),
      readOr([], "decisions", { limit: DECISIONS_MAX }, signal),
      readOr([], "happenings", { limit: HAPPENINGS_MAX }, signal),
    ]);
    Object.assign(this, { state, workers, decisions, happenings });
    this.#stateSeenAt = performance.now();
    this.samples.replace(samples);
    this.changes.decisions += 1;
    this.changes.happenings += 1;
  }

  take(kind, document) {
    if (kind === "sample") this.samples.append(document);
    else if (kind === "state") this.#takeState(document);
    else if (kind === "workers") this.workers = document;
    else if (kind === "decision") this.#takeDecision(document);
    else if (kind === "happening") this.#takeHappening(document);
  }

  #takeState(document) {
    this.state = document;
    this.#stateSeenAt = performance.now();
  }

  // A decision that repeats the one before comes again with its count.
  #takeDecision(decision) {
    const newest = this.decisions[0];
    if (newest && decision.at < newest.at) return;
    if (newest?.at === decision.at) this.decisions[0] = decision;
    else this.decisions.unshift(decision);
    this.decisions.length = Math.min(this.decisions.length, DECISIONS_MAX);
    this.changes.decisions += 1;
  }

  #takeHappening(happening) {
    const same = (one) => one.at === happening.at && one.kind === happening.kind && one.subject === happening.subject && one.detail === happening.detail;
    for (const one of this.happenings) {
      if (one.at < happening.at) break;
      if (same(one)) return;
    }
    this.happenings.unshift(happening);
    this.happenings.length = Math.min(this.happenings.length, HAPPENINGS_MAX);
    this.changes.happenings += 1;
  }

  // The autoscaler's clock, which need not be the reader's.
  now() {
    if (!this.state) return Date.now() / 1000;
    return this.state.at + (performance.now() - this.#stateSeenAt) / 1000;
  }

  // When storms were, as [from, until], with the present one still open.
  storms() {
    const found = [];
    let until = null;
    for (const { at, kind, detail } of this.happenings) {
      if (kind !== "storm" && kind !== "breaker") continue;
      if (OVER.test(detail)) until ??= at;
      else {
        found.push([at, until ?? at]);
        until = null;
      }
    }
    const storm = this.state?.storm;
    if (storm?.active && storm.since !== null) found.push([storm.since, this.state.at]);
    return found;
  }

  // What deserves a mark on the time axis.
  marks() {
    const moves = this.decisions.filter((decision) => decision.replicas !== decision.replicas_before).map((decision) => ({
      at: decision.at,
      kind: decision.replicas > decision.replicas_before ? "up" : "down",
      words: `${decision.replicas_before} → ${decision.replicas}: ${because(decision)}`,
    }));
    const others = this.happenings.filter(({ kind, detail }) => kind in MARKED && !(MARKED[kind] === "storm" && OVER.test(detail))).map(({ at, kind, subject, detail }) => ({
      at, kind: MARKED[kind], words: [kind, subject, detail].filter(Boolean).join(" "),
    }));
    return [...moves, ...others];
  }
}

const MARKED = {
  "probe-kill": "kill", "oom-kill": "kill", "grace-kill": "kill", exit: "kill", fault: "kill",
  storm: "storm", breaker: "storm",
  pause: "steer", resume: "steer", manual: "steer", policy: "steer", rollout: "steer", leader: "steer",
};
