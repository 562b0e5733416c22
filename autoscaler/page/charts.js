// All charts together: one time axis, one cursor, one lane of marks. Draws no more often than a pixel can tell.
import { CHARTS, shadowLines } from "./chart-list.js";
import { clock } from "./format.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { colour } from "./colours.js";
import { Lane } from "./lane.js";
import { Plot } from "./plot.js";
import { RANGES } from "./timeline.js";

const SUMMARY_SECONDS = 15;
const LONGEST_WAIT_SECONDS = 5;

export class Charts {
  #plots = [];
  #made = "";
  #drawn = { until: -Infinity, at: -Infinity, key: "" };
  #summarisedAt = -Infinity;
  #marks = { changes: "", list: [] };

  // `samples()` gives those that are to be shown: live ones, or the details of a zoom.
  constructor({ board, timeline, samples, later }) {
    Object.assign(this, { board, timeline, samples, later });
    this.place = byId("strips");
    this.lane = new Lane(this.place);
    this.#ranges();
    byId("follow").addEventListener("click", () => timeline.follow());
    this.place.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("weir-theme", () => { this.#plots.forEach((plot) => plot.recolour()); this.redraw(); });
    new ResizeObserver(() => this.later(this.resize)).observe(this.place);
    this.seen = new Set();
    this.watching = new IntersectionObserver((entries) => this.#watch(entries), { rootMargin: "300px" });
  }

  redraw = () => {
    this.#drawn.key = "";
    this.later(this.draw);
  };

  resize = () => {
    this.#plots.forEach((plot) => plot.resize());
    this.redraw();
  };

  draw = () => {
    const samples = this.samples(), latest = this.board.samples.last ?? this.board.now();
    this.#make(samples);
    this.timeline.first = this.board.samples.at[0] ?? latest;
    const shown = this.timeline.window(latest);
    if (this.#worthIt(shown)) this.#drawAll(samples, shown);
    this.tell();
  };

  // The legends and the moment: at the cursor, else the newest.
  tell = () => {
    const samples = this.samples(), index = this.timeline.cursor === null ? samples.at.length - 1 : samples.nearest(this.timeline.cursor);
    for (const plot of this.#plots) plot.tell(samples, index);
    setText(byId("moment"), samples.at.length ? clock(samples.at[index]) : "");
    byId("moment").classList.toggle("pointed", this.timeline.cursor !== null);
    setHidden(byId("follow"), !this.timeline.zoomed);
    for (const button of byId("ranges").children) button.setAttribute("aria-pressed", String(Number(button.value) === this.timeline.range && !this.timeline.zoomed));
  };

  // A day on a screen moves by a pixel in a minute: then there is nothing to draw but once in a while.
  #worthIt([from, until]) {
    const pixel = (until - from) / Math.max(1, this.place.clientWidth), key = `${until - from}/${this.timeline.zoomed}`;
    const moved = until - this.#drawn.until >= Math.min(pixel, LONGEST_WAIT_SECONDS);
    if (key === this.#drawn.key && (!moved || this.timeline.zoomed)) return false;
    this.#drawn = { until, key };
    return true;
  }

  #drawAll(samples, shown) {
    const limit = this.board.state?.slo_time_lag_seconds ?? null;
    for (const plot of this.#plots) if (this.seen.has(plot.figure) || !this.seen.size) plot.draw(samples, shown, limit);
    this.#drawLane(shown);
    if (Math.abs(shown[1] - this.#summarisedAt) < SUMMARY_SECONDS) return;
    this.#summarisedAt = shown[1];
    for (const plot of this.#plots) plot.summarise(samples, ...shown);
  }

  #drawLane([from, until]) {
    const { left: begins, width } = this.#plots[0].uplot.over.getBoundingClientRect();
    const left = begins - this.lane.figure.getBoundingClientRect().left;
    this.lane.draw(this.marks(), [from, until], (at) => left + ((at - from) / (until - from)) * width, { left, width });
  }

  marks() {
    const changes = Object.values(this.board.changes).join();
    if (this.#marks.changes !== changes) this.#marks = { changes, list: this.board.marks() };
    return this.#marks.list;
  }

  // ------------------------------------------------------------------ what all charts have in common
  #behind = ({ uplot }) => {
    const { ctx, bbox } = uplot;
    ctx.save();
    ctx.fillStyle = colour("failed", 0.09);
    for (const [from, until] of this.board.storms()) {
      const left = Math.max(bbox.left, uplot.valToPos(from, "x", true)), right = Math.min(bbox.left + bbox.width, uplot.valToPos(until, "x", true));
      if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    ctx.restore();
  };

  #above = ({ uplot }) => {
    const { ctx, bbox } = uplot;
    ctx.save();
    ctx.strokeStyle = colour("muted", 0.5);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    let before = -Infinity;
    for (const { at, kind } of this.marks()) {
      const x = Math.round(uplot.valToPos(at, "x", true));
      if (kind === "kill" || kind === "storm" || x < bbox.left || x > bbox.left + bbox.width || Math.abs(x - before) < 4 * devicePixelRatio) continue;
      before = x;
      ctx.moveTo(x + 0.5, bbox.top);
      ctx.lineTo(x + 0.5, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
  };

  // ------------------------------------------------------------------ making them
  #make(samples) {
    const shadows = shadowLines([...new Set([...samples.names(), ...this.board.samples.names()])]);
    const made = shadows.map((line) => line.series).join();
    if (this.#plots.length && made === this.#made) return;
    this.#made = made;
    this.watching.disconnect();
    for (const plot of this.#plots) { plot.uplot.destroy(); plot.figure.remove(); }
    this.#plots = CHARTS.map((chart) => new Plot(chart, [...chart.lines, ...(chart.shadows ? shadows : [])], {
      place: this.place, behind: this.#behind, above: this.#above,
      on: { cursor: this.#moved, zoom: (from, until) => this.timeline.zoom(from, until), back: () => this.timeline.follow() },
    }));
    for (const plot of this.#plots) { plot.resize(); this.watching.observe(plot.figure); }
    this.#drawn.key = "";
  }

  #watch(entries) {
    let appeared = false;
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.seen.add(target);
      else this.seen.delete(target);
      appeared ||= isIntersecting;
    }
    if (appeared) this.redraw();
  }

  #ranges() {
    for (const [seconds, text] of RANGES) {
      const button = element("button", { text, parent: byId("ranges"), value: seconds });
      button.type = "button";
      button.addEventListener("click", () => this.timeline.setRange(seconds));
    }
  }

  // ------------------------------------------------------------------ the cursor
  #moved = (uplot) => {
    const { left } = uplot.cursor, at = left >= 0 ? uplot.posToVal(left, "x") : null;
    if (at === this.timeline.cursor) return;
    this.timeline.cursor = at;
    this.later(this.tell);
  };

  #pointAt(at) {
    for (const { uplot } of this.#plots) uplot.setCursor({ left: at === null ? -10 : uplot.valToPos(at, "x"), top: at === null ? -10 : 8 });
  }

  #key(event) {
    if (event.target !== this.place || event.ctrlKey || event.metaKey || event.altKey) return;
    const latest = this.board.samples.last ?? this.board.now(), [from, until] = this.timeline.window(latest);
    const step = ((until - from) / 100) * (event.shiftKey ? 10 : 1), at = this.timeline.cursor ?? until;
    const keys = {
      ArrowLeft: () => this.#pointAt(Math.max(from, at - step)), ArrowRight: () => this.#pointAt(Math.min(until, at + step)),
      Home: () => this.#pointAt(from), End: () => this.#pointAt(until),
      "+": () => this.timeline.zoomBy(0.5, latest), "=": () => this.timeline.zoomBy(0.5, latest), "-": () => this.timeline.zoomBy(2, latest),
      Escape: () => { this.#pointAt(null); this.timeline.follow(); },
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }
}
