// What happened, newest first. Things of one kind that happened at about the same time are one line: twenty launches are one.
import { clock, tight } from "./format.js";
import { byId, element, keyed, setData, setText } from "./dom.js";

const LINES_MAX = 120;
const TOGETHER_SECONDS = 2;
const SUBJECTS_MAX = 3;
const SIGNS = {
  scale: "↕", storm: "↯", breaker: "↯", launch: "+", ready: "✓", unready: "–", stop: "−", gone: "·", adopt: "+",
  "probe-failed": "!", "probe-kill": "✕", "oom-kill": "✕", "grace-kill": "✕", exit: "✕", "back-off": "…", held: "!",
  pause: "‖", resume: "▸", manual: "◆", policy: "◆", rollout: "◆", leader: "◆",
};
const TONES = { "probe-kill": "bad", "oom-kill": "bad", "grace-kill": "bad", exit: "bad", storm: "bad", breaker: "bad", scale: "move", "probe-failed": "poor", "back-off": "poor", held: "poor" };

export class Happenings {
  #told = -1;

  constructor({ board }) { this.board = board; }

  draw = () => {
    if (this.#told === this.board.changes.happenings) return;
    this.#told = this.board.changes.happenings;
    const lines = together(this.board.happenings);
    keyed(byId("feed"), lines.length ? lines : [NOTHING], { key: ({ key }) => key, make: makeLine, update: updateLine });
  };
}

const NOTHING = { key: "nothing", kind: "", words: "Nothing has happened yet.", at: null };

function together(happenings) {
  const lines = [];
  for (const one of happenings) {
    const last = lines.at(-1);
    if (last && last.kind === one.kind && last.at - one.at <= TOGETHER_SECONDS) last.all.push(one);
    else if (lines.length === LINES_MAX) break;
    else lines.push({ kind: one.kind, at: one.at, all: [one] });
  }
  for (const line of lines) Object.assign(line, { key: `${line.all.at(-1).at} ${line.kind} ${line.all.at(-1).subject}`, words: words(line.all) });
  return lines;
}

function words(all) {
  if (all.length === 1) return [all[0].subject, all[0].detail].filter(Boolean).join(": ");
  const subjects = [...new Set(all.map(({ subject }) => subject))].reverse();
  const details = new Set(all.map(({ detail }) => detail));
  const named = subjects.length <= SUBJECTS_MAX + 1 ? subjects.join(", ") : `${subjects.slice(0, SUBJECTS_MAX).join(", ")} and ${subjects.length - SUBJECTS_MAX} more`;
  const detail = details.size === 1 ? [...details][0] : "";
  return [`${all.length} × ${named}`, detail].filter(Boolean).join(": ");
}

function makeLine({ kind }) {
  const row = element("li");
  setData(row, "tone", TONES[kind] ?? "plain");
  element("time", { parent: row });
  element("span", { className: "sign", text: SIGNS[kind] ?? "", parent: row, "aria-hidden": "true" });
  element("p", { parent: row }).append(element("b"), element("span"));
  return row;
}

function updateLine(row, { at, kind, words: said }) {
  const [time, , text] = row.children;
  setText(time, at === null ? "" : clock(at));
  setText(text.firstChild, kind);
  setText(text.lastChild, tight(said));
}
