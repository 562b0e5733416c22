// The workers: how many stand where, and a table whose rows are kept by name and changed in place.
import { count, known, memory, number, percent, UNKNOWN, whole } from "./format.js";
import { byId, element, keyed, setData, setHidden, setText } from "./dom.js";
import { look, PHASES, phaseOf, rank } from "./phases.js";

// Each column: how it is headed, told and sorted. Numbers sort the highest first at the first click.
const COLUMNS = [
  { id: "name", head: "Name", tell: ({ worker }) => worker.name, by: ({ worker }) => worker.name },
  { id: "phase", head: "Phase", tell: ({ phase }) => phase, by: ({ phase }) => rank(phase) },
  { id: "age", head: "Age", number: true, tell: ({ age }) => whole(age), by: ({ age }) => age },
  { id: "restarts", head: "Restarts", number: true, tell: ({ worker }) => count(worker.restarts), by: ({ worker }) => worker.restarts },
  { id: "cpu", head: "CPU", unit: "cores", number: true, tell: ({ worker }) => (known(worker.cpu_cores) ? worker.cpu_cores.toFixed(2) : UNKNOWN), by: ({ worker }) => worker.cpu_cores },
  { id: "memory", head: "Memory", number: true, tell: ({ worker }) => memory(worker.memory_bytes), by: ({ worker }) => worker.memory_bytes },
  { id: "busy", head: "Busy", number: true, tell: ({ worker }) => percent(worker.busy_ratio), by: ({ worker }) => worker.busy_ratio },
  { id: "rate", head: "Rate", unit: "/s", number: true, tell: ({ worker }) => number(worker.processing_rate), by: ({ worker }) => worker.processing_rate },
  { id: "partitions", head: "Partitions", number: true, tell: ({ worker }) => count(worker.partitions), by: ({ worker }) => worker.partitions },
  { id: "revision", head: "Revision", tell: ({ worker }) => worker.revision ?? UNKNOWN, by: ({ worker }) => worker.revision },
  { id: "remarks", head: "Pending or last exit", tell: ({ worker }) => worker.pending_reason ?? worker.last_exit ?? "", by: ({ worker }) => worker.pending_reason ?? worker.last_exit ?? "" },
];
const natural = new Intl.Collator("en", { numeric: true });

export class Workers {
  #sort = { column: COLUMNS[0], falling: false };
  #only = new Set(); // phases; empty = all

  constructor({ board, later }) {
    Object.assign(this, { board, later });
    this.body = byId("workers-table").tBodies[0];
    this.heads = COLUMNS.map((column) => this.#head(column));
    byId("filter").addEventListener("input", () => later(this.draw));
    byId("filter").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !event.target.value) return;
      event.target.value = "";
      later(this.draw);
    });
  }

  draw = () => {
    const entries = this.board.workers.map((worker) => ({ worker, phase: phaseOf(worker), age: this.board.state ? this.board.state.at - worker.created_at : null }));
    this.#summary(entries);
    const shown = entries.filter((entry) => this.#matches(entry)).sort(this.#compare);
    keyed(this.body, shown, { key: ({ worker }) => worker.name, make: makeRow, update: updateRow });
    setText(byId("workers-count"), shown.length === entries.length ? count(entries.length) : `${count(shown.length)} of ${count(entries.length)}`);
    setHidden(byId("no-workers"), shown.length > 0);
    setText(byId("no-workers"), entries.length ? "No worker fits the filter." : "There are no workers.");
  };

  // ------------------------------------------------------------------ by phase
  #summary(entries) {
    const counts = Object.groupBy ? Object.groupBy(entries, ({ phase }) => phase) : group(entries);
    const present = PHASES.filter(({ name }) => counts[name]?.length || this.#only.has(name)).map((phase) => ({ ...phase, amount: counts[phase.name]?.length ?? 0 }));
    keyed(byId("phase-bar"), present, {
      key: ({ name }) => name, make: ({ tone }) => element("i", { className: tone }), update: (part, { amount }) => { part.style.flexGrow = amount; },
    });
    keyed(byId("phases"), present, { key: ({ name }) => name, make: (phase) => this.#chip(phase), update: (chip, { name, amount }) => {
      setText(chip.lastChild, `${count(amount)} ${name}`);
      chip.setAttribute("aria-pressed", String(this.#only.has(name)));
    } });
  }

  #chip({ name, sign, tone }) {
    const chip = element("button", { className: `phase ${tone}`, title: `Show only those that are ${name}` });
    chip.type = "button";
    element("i", { text: sign, parent: chip, "aria-hidden": "true" });
    element("span", { parent: chip });
    chip.addEventListener("click", () => {
      if (!this.#only.delete(name)) this.#only.add(name);
      this.later(this.draw);
    });
    return chip;
  }

  #matches({ worker, phase }) {
    if (this.#only.size && !this.#only.has(phase)) return false;
    const wanted = byId("filter").value.trim().toLowerCase();
    return !wanted || [worker.name, phase, `revision ${worker.revision}`, worker.pending_reason, worker.last_exit].some((text) => text?.toLowerCase().includes(wanted));
  }

  // ------------------------------------------------------------------ order
  #head(column) {
    const head = element("th", { scope: "col", className: `col-${column.id}${column.number ? " n" : ""}`, parent: byId("workers-table").tHead.rows[0] });
    const button = element("button", { text: column.head, parent: head });
    button.type = "button";
    if (column.unit) element("span", { className: "unit", text: column.unit, parent: button });
    button.addEventListener("click", () => {
      const again = this.#sort.column === column;
      this.#sort = { column, falling: again ? !this.#sort.falling : column.number === true };
      this.#mark();
      this.later(this.draw);
    });
    if (column === this.#sort.column) head.setAttribute("aria-sort", "ascending");
    return head;
  }

  #mark() {
    this.heads.forEach((head, index) => {
      if (COLUMNS[index] === this.#sort.column) head.setAttribute("aria-sort", this.#sort.falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  // What is unknown comes last, whichever way the rest goes; equals keep the order of their names.
  #compare = (a, b) => {
    const { column, falling } = this.#sort, [x, y] = [column.by(a), column.by(b)];
    const unknown = Number(x === null || x === undefined || x === "") - Number(y === null || y === undefined || y === "");
    if (unknown) return unknown;
    const order = typeof x === "number" ? x - y : natural.compare(String(x ?? ""), String(y ?? ""));
    return (falling ? -order : order) || natural.compare(a.worker.name, b.worker.name);
  };
}

function group(entries) {
  const found = {};
  for (const entry of entries) (found[entry.phase] ??= []).push(entry);
  return found;
}

function makeRow() {
  const row = element("tr");
  for (const { id, number: right, head } of COLUMNS) {
    const cell = element(id === "name" ? "th" : "td", { className: `col-${id}${right ? " n" : ""}`, parent: row, "data-head": head });
    if (id === "name") cell.scope = "row";
    if (id === "phase") { element("i", { parent: cell, "aria-hidden": "true" }); element("span", { parent: cell }); }
  }
  return row;
}

function updateRow(row, entry) {
  COLUMNS.forEach(({ id, tell }, index) => {
    const cell = row.children[index];
    setText(id === "phase" ? cell.lastChild : cell, tell(entry));
  });
  const { sign, tone } = look(entry.phase), phase = row.children[1];
  setText(phase.firstChild, sign);
  setData(row, "tone", tone);
}
