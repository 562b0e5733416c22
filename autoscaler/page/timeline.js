// The one time axis of all charts: which range, live or zoomed, and where the cursor is.
export const RANGES = [[300, "5 min"], [900, "15 min"], [3_600, "1 h"], [21_600, "6 h"], [86_400, "24 h"]];
const SHORTEST_SECONDS = 10;
const LENGTHS = [60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

export class Timeline {
  range = 900;
  zoomed = null; // [from, until], or null while it follows
  cursor = null; // a time, or null
  first = 0; // the oldest sample there is
  #listeners = [];

  onChange(listener) { this.#listeners.push(listener); }

  // While there is less history than the range has room for, the axis is as long as it takes.
  window(latest) {
    const length = LENGTHS.find((seconds) => seconds >= latest - this.first) ?? this.range;
    return this.zoomed ?? [latest - Math.min(this.range, length), latest];
  }

  setRange(range) {
    this.range = range;
    this.zoomed = null;
    this.#tell("range");
  }

  zoom(from, until) {
    const middle = (from + until) / 2, half = Math.max(until - from, SHORTEST_SECONDS) / 2;
    this.zoomed = [middle - half, middle + half];
    this.#tell("zoom");
  }

  zoomBy(factor, latest) {
    const [from, until] = this.window(latest);
    if (factor > 1 && (until - from) * factor >= this.range) return this.follow();
    const middle = this.cursor ?? (from + until) / 2;
    return this.zoom(middle - (middle - from) * factor, middle + (until - middle) * factor);
  }

  follow() {
    if (!this.zoomed) return;
    this.zoomed = null;
    this.#tell("zoom");
  }

  #tell(what) { for (const listener of this.#listeners) listener(what); }
}
