// Pause, resume, manual target: one dialog for all, which asks for the token if this tab has none yet.
import { change, Problem } from "./api.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { many } from "./format.js";
import { bounds } from "./head.js";

const TOKEN = "weir-token";
const DURATIONS = [[300, "5 minutes"], [600, "10 minutes"], [1_800, "30 minutes"], [3_600, "1 hour"], [14_400, "4 hours"]];

const ACTIONS = {
  pause: {
    title: "Pause the policy", button: "Pause", hint: ({ replicas }) => `The policy is not asked any more; the ${many(replicas.desired, "worker")} wanted now stay${replicas.desired === 1 ? "s" : ""} alive. Shadows go on watching.`,
    fields: () => [reasonField()], send: (given, token) => change("POST", "pause", { reason: given.reason || undefined }, token),
  },
  resume: {
    title: "Resume the policy", button: "Resume", hint: ({ replicas }) => `The policy is asked again and goes on from ${many(replicas.desired, "worker")}.`,
    fields: () => [], send: (_, token) => change("POST", "resume", {}, token),
  },
  scale: {
    title: "Set the number of workers", button: "Set", hint: ({ policy }) => `Asserted as it is, also beyond the policy's bounds (${policy.name}: ${bounds(policy)}). After that time the policy goes on.`,
    fields: ({ replicas }) => [numberField(replicas.desired), durationField(), reasonField()],
    send: (given, token) => change("PUT", "target", { replicas: Number(given.replicas), for_seconds: Number(given.for_seconds), reason: given.reason || undefined }, token),
  },
  cancel: {
    title: "End the manual target", button: "End it", hint: ({ manual, policy }) => `${policy.name} goes on from ${manual?.replicas ?? "the present number of"} workers.`,
    fields: () => [], send: (_, token) => change("DELETE", "target", undefined, token),
  },
};

export class Controls {
  #action = null;

  constructor({ board }) {
    this.board = board;
    this.dialog = byId("dialog");
    for (const name of Object.keys(ACTIONS)) byId(name).addEventListener("click", () => this.#open(name));
    byId("dialog-cancel").addEventListener("click", () => this.dialog.close());
    byId("dialog-form").addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    byId("forget").addEventListener("click", () => { keepToken(null); this.#askForToken(); byId("token").focus(); });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  draw = () => {
    const { state } = this.board, reason = whyNot(state);
    setHidden(byId("pause"), Boolean(state?.paused));
    setHidden(byId("resume"), !state?.paused);
    setHidden(byId("cancel"), !state?.manual);
    for (const name of Object.keys(ACTIONS)) byId(name).disabled = reason !== null;
    setHidden(byId("why-not"), reason === null);
    setText(byId("why-not"), reason ?? "");
  };

  #open(name) {
    const { state } = this.board;
    this.#action = ACTIONS[name];
    setText(byId("dialog-title"), this.#action.title);
    setText(byId("dialog-hint"), this.#action.hint(state));
    setText(byId("dialog-do"), this.#action.button);
    byId("dialog-fields").replaceChildren(...this.#action.fields(state));
    this.#fault(null);
    this.#askForToken();
    this.dialog.showModal();
    const first = byId("dialog-fields").querySelector("input, select") ?? (token() ? byId("dialog-do") : byId("token"));
    first.focus();
    first.select?.();
  }

  #askForToken() {
    setHidden(byId("token-field"), token() !== null);
    setHidden(byId("forget"), token() === null);
    byId("token").required = token() === null;
    byId("token").value = "";
  }

  async #send() {
    const given = Object.fromEntries([...byId("dialog-fields").querySelectorAll("[name]")].map((field) => [field.name, field.value]));
    const secret = token() ?? byId("token").value.trim();
    byId("dialog-do").disabled = true;
    try {
      await this.#action.send(given, secret);
      keepToken(secret);
      this.dialog.close();
    } catch (error) {
      this.#refused(error);
    } finally {
      byId("dialog-do").disabled = false;
    }
  }

  #refused(error) {
    if (error instanceof Problem && error.status === 401) {
      keepToken(null);
      this.#askForToken();
      byId("token").focus();
    }
    this.#fault(error instanceof Problem ? `${error.title}: ${error.message}` : "The autoscaler does not answer; nothing was changed as far as this page knows.");
  }

  #fault(text) {
    setHidden(byId("dialog-fault"), text === null);
    setText(byId("dialog-fault"), text ?? "");
  }
}

function whyNot(state) {
  if (state === null) return "Nothing can be changed before the first tick.";
  if (state.dry_run || state.mode === "dry-run") return "A dry run touches nothing, so there is nothing to control.";
  if (state.mode === "standby") return `${state.leader?.holder ?? "Another autoscaler"} leads: changes are made there.`;
  return null;
}

function token() {
  try { return sessionStorage.getItem(TOKEN); } catch { return null; }
}

function keepToken(secret) {
  try {
    if (secret) sessionStorage.setItem(TOKEN, secret);
    else sessionStorage.removeItem(TOKEN);
  } catch { /* storage may be forbidden: it is asked for each time then */ }
}

function field(label, input) {
  const made = element("label", { className: "field" });
  element("span", { text: label, parent: made });
  made.append(input);
  return made;
}

function numberField(value) {
  const input = element("input", { type: "number", name: "replicas", min: 0, max: 10_000, step: 1, required: "", inputmode: "numeric" });
  input.value = value;
  return field("Workers", input);
}

function durationField() {
  const select = element("select", { name: "for_seconds" });
  for (const [seconds, text] of DURATIONS) element("option", { value: seconds, text, parent: select });
  select.value = "600";
  return field("For", select);
}

function reasonField() {
  return field("Reason", element("input", { type: "text", name: "reason", maxlength: 200, autocomplete: "off", placeholder: "optional" }));
}
