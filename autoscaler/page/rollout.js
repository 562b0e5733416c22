// A rolling update while there is one: how far it is, and what it waits for.
import { clock, count, known, many, whole } from "./format.js";
import { byId, element, setData, setHidden, setText } from "./dom.js";

const TITLES = { progressing: "goes on", complete: "is complete", stalled: "is stuck", undone: "was undone" };
const SHOWN_AFTER_SECONDS = 120; // an update that is over stays in sight for so long

export class Rollout {
  constructor({ board }) {
    this.board = board;
    this.place = byId("rollout");
    const words = element("div", { parent: this.place });
    this.title = element("h2", { id: "rollout-title", parent: words });
    this.words = element("p", { parent: words });
    this.figures = element("p", { className: "progress-figures", parent: this.place });
    this.bar = element("progress", { parent: this.place, "aria-labelledby": "rollout-title" });
  }

  draw = () => {
    const rollout = this.board.state?.rollout ?? null;
    setHidden(this.place, rollout === null || this.#over(rollout));
    if (rollout === null) return;
    setData(this.place, "phase", rollout.phase);
    setText(this.title, `Update to revision ${rollout.revision} ${TITLES[rollout.phase] ?? rollout.phase}`);
    setText(this.words, [rollout.image, rollout.reason, this.#time(rollout)].filter(Boolean).join(" · "));
    setText(this.figures, ["updated", "ready", "available"].map((name) => `${count(rollout[name])} ${name}`).join(", ") + ` of ${many(rollout.desired, "worker")}`);
    Object.assign(this.bar, { max: Math.max(1, rollout.desired ?? 1), value: Math.min(rollout.available ?? 0, rollout.desired ?? 1) });
  };

  #over({ phase, revision, started_at: began }) {
    if (phase === "complete" && revision === 1) return true; // the first workers are no update
    return phase === "complete" && (!known(began) || this.board.now() - began > SHOWN_AFTER_SECONDS);
  }

  #time({ phase, started_at: began, deadline_at: deadline }) {
    if (!known(began)) return "";
    const since = `since ${clock(began)} (${whole(this.board.now() - began)})`;
    return phase === "progressing" && known(deadline) ? `${since}, has to move until ${clock(deadline)}` : since;
  }
}
