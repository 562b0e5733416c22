// One chart: a heading, a legend that tells the values at the cursor, and a uPlot below. Its data are the samples' own arrays.
import { clock, clockMinute, count, number, percent } from "./format.js";
import { colour, hatching } from "./colours.js";
import { element, setText } from "./dom.js";

const FONT = '11px Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif';
const narrow = matchMedia("(max-width: 560px)");
const left = () => (narrow.matches ? 42 : 52), right = () => (narrow.matches ? 43 : 44); // the same in all charts: one time axis

export class Plot {
  // `behind(plot)` and `above(plot)` draw what all charts have in common; `on` hears of the cursor and of zooming.
  constructor(chart, lines, { place, behind, above, on }) {
    Object.assign(this, { chart, lines, behind, above, on, limit: null });
    this.#head(place);
    this.uplot = new uPlot(this.#options(), [[]], this.box);
    this.figure.uplot = this.uplot; // for developer tools, and for tests that ask what was drawn
    this.off = new Set();
  }

  #head(place) {
    this.figure = element("figure", { className: this.chart.tall ? "strip tall" : "strip", id: `chart-${this.chart.id}`, parent: place });
    const caption = element("figcaption", { parent: this.figure });
    const title = element("h3", { text: this.chart.title, parent: caption });
    if (this.chart.unit) element("span", { className: "unit", text: this.chart.unit, parent: title });
    element("p", { text: this.chart.caption, parent: caption });
    this.legend = element("div", { className: "legend", parent: this.figure });
    this.outputs = this.lines.map((line) => this.#legendOf(line));
    this.box = element("div", { className: "plot", parent: this.figure });
    this.nothing = element("p", { className: "nothing", text: "No samples yet", parent: this.box });
    this.summary = element("p", { className: "hidden", parent: this.figure });
  }

  #legendOf(line) {
    const single = this.lines.length === 1 || this.chart.stacked;
    const entry = element(single ? "span" : "button", { className: "entry", parent: this.legend });
    entry.append(swatch(line));
    element("span", { text: line.name, parent: entry });
    if (!single) {
      entry.type = "button";
      entry.setAttribute("aria-pressed", "true");
      entry.addEventListener("click", () => this.#toggle(line, entry));
    }
    return element("span", { className: "value", parent: entry }); // no <output>: it would be read aloud every second
  }

  #toggle(line, entry) {
    const shown = !this.off.delete(line);
    if (shown) this.off.add(line);
    entry.setAttribute("aria-pressed", String(!shown));
    this.uplot.setSeries(this.lines.indexOf(line) + 1, { show: !shown });
  }

  // ------------------------------------------------------------------ drawing
  draw(samples, [from, until], limit) {
    this.limit = this.chart.limit ? limit : null;
    this.nothing.hidden = samples.at.length > 0;
    this.uplot.batch(() => {
      this.uplot.setData([samples.at, ...this.lines.map((line) => samples.column(line.series))], false);
      this.uplot.setScale("x", { min: from, max: until });
    });
  }

  recolour() { this.uplot.redraw(true, true); }

  resize() {
    const width = this.box.clientWidth, height = this.box.clientHeight;
    if (width && (width !== this.uplot.width || height !== this.uplot.height)) this.uplot.setSize({ width, height });
  }

  // The values at `index`; "" where there is no sample at all.
  tell(samples, index) {
    this.lines.forEach((line, place) => {
      const text = samples.at.length ? this.#words(line, samples.value(line.shown ?? line.series, index)) : "";
      setText(this.outputs[place], text);
    });
  }

  #words(line, value) {
    if (line.scale === "ratio") return percent(value);
    return this.chart.whole ? count(value) : number(value);
  }

  // The same for those who cannot see it.
  summarise(samples, from, until) {
    const first = samples.nearest(from), last = samples.nearest(until);
    const told = this.lines.map((line) => {
      const values = samples.column(line.shown ?? line.series).slice(first, last + 1).filter((value) => value !== null);
      if (!values.length) return `${line.name}: unknown.`;
      const extremes = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
      return `${line.name}: lowest ${this.#words(line, extremes[0])}, highest ${this.#words(line, extremes[1])} ${line.scale ? "" : this.chart.unit}`.trimEnd() + ".";
    });
    setText(this.summary, told.join(" "));
  }

  // ------------------------------------------------------------------ uPlot's options
  #options() {
    const { chart, lines } = this;
    const top = (_, __, max) => [0, this.#ceiling(max)];
    return {
      width: 320, height: 100, pxAlign: true, legend: { show: false }, padding: [8, chart.stacked ? 0 : right, 0, 0],
      scales: { x: { time: true, range: (_, min, max) => [min, max] }, y: { range: top }, ratio: { range: [0, 1.02] } },
      series: [{}, ...lines.map((line) => this.#series(line))],
      bands: lines.filter((line) => line.fillTo).map((line) => ({
        series: [lines.indexOf(line) + 1, lines.findIndex((other) => other.series === line.fillTo) + 1],
        fill: () => colour(line.colour, 0.3),
      })),
      axes: [this.#timeAxis(), this.#valueAxis(), ...(chart.stacked ? [this.#ratioAxis()] : [])],
      cursor: {
        sync: { key: "weir", setSeries: false }, y: false, points: { size: 6, fill: (plot, index) => plot.series[index]._stroke },
        drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => { this.on.back(); return null; } },
      },
      hooks: {
        drawClear: [() => this.behind(this)], draw: [() => this.#drawLimit(), () => this.above(this)],
        setCursor: [(plot) => this.on.cursor(plot)], setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #series(line) {
    const series = {
      stroke: () => colour(line.colour), width: line.width ?? 1.75, dash: line.dash, scale: line.scale ?? "y",
      points: { show: false }, spanGaps: false,
    };
    if (line.area) series.fill = () => colour(line.colour, 0.14);
    if (line.hatched) series.fill = (plot) => hatching(plot.ctx, line.colour);
    if (this.chart.whole) series.paths = uPlot.paths.stepped({ align: 1 });
    return series;
  }

  #timeAxis() {
    return {
      stroke: () => colour("muted"), font: FONT, size: 24, gap: 6, space: () => (narrow.matches ? 60 : 84), ticks: { show: false },
      grid: { stroke: () => colour("line"), width: 1 }, values: (_, times, __, ___, step) => times.map(step < 60 ? clock : clockMinute),
    };
  }

  #valueAxis() {
    return {
      stroke: () => colour("muted"), font: FONT, size: left, gap: 6, space: 26, ticks: { show: false }, incrs: this.chart.whole ? WHOLE_STEPS : undefined,
      grid: { stroke: () => colour("line"), width: 1 }, values: (_, values) => values.map(number),
    };
  }

  #ratioAxis() {
    return {
      side: 1, scale: "ratio", stroke: () => colour("muted"), font: FONT, size: right, gap: 4, ticks: { show: false }, grid: { show: false },
      splits: [0, 0.5, 1], values: (_, values) => values.map(percent),
    };
  }

  // The objective is always in the picture: far below it is calm, and looks so.
  #ceiling(max) {
    const highest = Math.max(max ?? 0, this.limit ?? 0);
    return highest > 0 ? highest * 1.12 : 1;
  }

  #drawLimit() {
    if (!this.limit) return;
    const { ctx, bbox } = this.uplot, y = Math.round(this.uplot.valToPos(this.limit, "y", true)), ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("failed");
    ctx.lineWidth = 1.25 * ratio;
    ctx.setLineDash([6 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = FONT.replace("11px", `${11 * ratio}px`);
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.setLineDash([]);
    ctx.strokeStyle = colour("surface", 0.85);
    ctx.lineWidth = 3 * ratio;
    const label = [`SLO ≤ ${number(this.limit)} s`, bbox.left + bbox.width - 4 * ratio, y - 2 * ratio];
    ctx.strokeText(...label);
    ctx.fillText(...label);
    ctx.restore();
  }

  #selected(plot) {
    if (plot.select.width < 4) return;
    const from = plot.posToVal(plot.select.left, "x"), until = plot.posToVal(plot.select.left + plot.select.width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.on.zoom(from, until);
  }
}

const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

// The line of a legend: the same colour, dash and area as in the chart.
function swatch(line) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 22 12", width: 22, height: 12, "aria-hidden": "true", class: `swatch ${line.colour}` })) made.setAttribute(name, value);
  if (line.area || line.fillTo || line.hatched) made.append(part("rect", { x: 0, y: 2, width: 22, height: 10, class: line.hatched ? "strong" : "" }));
  if (line.hatched) for (const x of [2, 8, 14]) made.append(part("path", { d: `M${x} 12l7-10`, class: "hatch" }));
  made.append(part("path", { d: line.area || line.fillTo || line.hatched ? "M0 2h22" : "M0 6h22", "stroke-dasharray": line.dash?.join(" ") ?? "none", "stroke-width": line.width ?? 2 }));
  return made;
}

function part(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
