// What needs attention, above the figures: the storm with its evidence, a manual target, a pause, parts that failed.
import { clock, many, tight, whole } from "./format.js";
import { byId, element, keyed, setHidden, setText } from "./dom.js";
import { until } from "./head.js";

export class Notices {
  #stormed = false;

  constructor({ board }) { this.board = board; }

  draw = () => {
    const { state } = this.board;
    this.#storm(state?.storm);
    keyed(byId("notices"), state ? notices(state, this.board) : [], {
      key: ({ kind }) => kind, make: makeNotice,
      update: (row, { title, words }) => { setText(row.children[1].firstChild, title); setText(row.children[1].lastChild, words); },
    });
  };

  // Told aloud when it begins and when it ends; its figures change every second, which nobody wants to hear.
  #storm(storm) {
    const active = storm?.active === true;
    setHidden(byId("storm"), !active);
    if (active) setText(byId("storm-evidence"), `${since(storm, this.board)}${sentence(storm.evidence)}`);
    if (active !== this.#stormed) setText(byId("said"), active ? `Init storm. ${sentence(storm.evidence)}` : "The init storm is over.");
    this.#stormed = active;
  }
}

function since({ since: at }, board) {
  return at === null || at === undefined ? "" : `Since ${clock(at)} (${whole(board.now() - at)}): `;
}

function sentence(text) {
  return text ? `${tight(text.replace(/\.$/, ""))}.` : "No evidence was given.";
}

function notices(state, board) {
  const found = [];
  const because = (reason) => (reason ? ` Reason: ${reason}.` : "");
  if (state.manual) {
    const then = state.paused ? "that number is kept, as long as the policy is paused" : "the policy goes on";
    const words = `${many(state.manual.replicas, "worker")} asserted until ${until(state.manual.until, board)}; then ${then}.${because(state.manual.reason)}`;
    found.push({ kind: "manual", title: "Manual target", words });
  }
  if (state.paused) {
    const kept = state.manual ? "" : `; ${many(state.replicas.desired, "worker")} kept alive`;
    const words = `Since ${clock(state.paused.since)} the policy is not asked${kept}.${because(state.paused.reason)}`;
    found.push({ kind: "paused", title: "Paused", words });
  }
  if (state.mode === "standby") found.push({ kind: "standby", title: "Standby", words: `${state.leader?.holder ?? "Another autoscaler"} leads this group. This one watches and takes over when the lease ends.` });
  if (state.mode === "dry-run" || state.dry_run) found.push({ kind: "dry-run", title: "Dry run", words: "It decides and explains, and starts and stops nothing." });
  if (state.held) found.push({ kind: "held", title: "Holding", words: state.held });
  if (state.problems?.length) found.push({ kind: "problems", title: "Not answered", words: state.problems.join("; ") });
  return found;
}

const SYMBOLS = { manual: "◆", paused: "‖", standby: "○", "dry-run": "○", held: "!", problems: "!" };

function makeNotice({ kind }) {
  const row = element("div", { className: `notice ${kind}` });
  element("span", { className: "sign", text: SYMBOLS[kind], parent: row, "aria-hidden": "true" });
  const words = element("p", { parent: row });
  element("strong", { parent: words });
  element("span", { parent: words });
  return row;
}
