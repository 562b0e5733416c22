// The columns of samples that the charts draw from, changed in place. A stretch without samples becomes a row of unknown
// values, so that no line is drawn across it.
const GAP_SECONDS = 5;

export class Samples {
  at = [];
  #columns = new Map();
  #gapSeconds = GAP_SECONDS;

  // A column may be asked for before there is any value of it; it stays the same array from then on.
  column(name) {
    let column = this.#columns.get(name);
    if (!column) this.#columns.set(name, (column = new Array(this.at.length).fill(null)));
    return column;
  }

  names() { return [...this.#columns.keys()]; }

  get last() { return this.at.at(-1); }

  value(name, index) { return this.#columns.get(name)?.[index] ?? null; }

  clear() {
    this.at.length = 0;
    for (const column of this.#columns.values()) column.length = 0;
  }

  // Everything anew, from the API's columns.
  replace({ at, series }) {
    this.clear();
    for (const name of Object.keys(series)) this.column(name);
    const steps = at.slice(1).map((moment, index) => moment - at[index]).sort((a, b) => a - b);
    const usual = steps[steps.length >> 1] ?? 1; // thinned rows lie far apart
    this.#gapSeconds = Math.max(GAP_SECONDS, 6 * usual);
    at.forEach((moment, index) => this.#push(moment, (name) => series[name]?.[index] ?? null));
  }

  // The same, but what came in live while the question was on its way stays.
  renew(columns) {
    const known = columns.at.at(-1) ?? -Infinity;
    const first = this.at.findIndex((moment) => moment > known);
    const newer = first < 0 ? [] : this.at.slice(first).map((at, index) => this.#read(at, first + index));
    this.replace(columns);
    newer.forEach((row) => this.append(row));
  }

  #read(at, index) {
    return { at, ...Object.fromEntries([...this.#columns].map(([name, column]) => [name, column[index]])) };
  }

  // One row; what is older than the newest is known already.
  append({ at, ...row }) {
    if (this.at.length && at <= this.last) return;
    for (const name of Object.keys(row)) this.column(name);
    this.#push(at, (name) => row[name] ?? null);
    this.#gapSeconds = GAP_SECONDS; // live rows come every second, whatever the history's distance was
  }

  #push(at, valueOf) {
    if (this.at.length && at - this.last > this.#gapSeconds) this.#row((this.last + at) / 2, () => null);
    this.#row(at, valueOf);
  }

  #row(at, valueOf) {
    this.at.push(at);
    for (const [name, column] of this.#columns) {
      const derive = DERIVED[name];
      column.push(derive ? derive(valueOf) : valueOf(name));
    }
  }

  // Forgets what lies before `at`, but only when it is worth moving everything.
  forget(at) {
    const old = this.nearest(at);
    if (old < 600 || old < this.at.length / 4) return;
    this.at.splice(0, old);
    for (const column of this.#columns.values()) column.splice(0, old);
  }

  nearest(at) {
    let low = 0, high = this.at.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low > 0 && at - this.at[low - 1] < this.at[low] - at ? low - 1 : low;
  }
}

// Columns made of others: the edge of a stack is the sum of what lies below it, unknown if a part is.
const DERIVED = {
  cpu_cores: (valueOf) => {
    const init = valueOf("cpu_init_cores"), work = valueOf("cpu_work_cores");
    return init === null || work === null ? null : init + work;
  },
};
