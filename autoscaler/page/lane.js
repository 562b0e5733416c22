// The lane above the charts: what was decided, what was killed, when it stormed. Marks of a kind that lie too close to be told
// apart become one with their number. Each kind has a shape of its own.
import { clock } from "./format.js";
import { colour } from "./colours.js";
import { element, setHidden } from "./dom.js";

const NEAR_PIXELS = 9;
const ROOM_PIXELS = 13;
const WORDS_MAX = 6;
const LOOKS = {
  up: { colour: "desired", name: "more workers" },
  down: { colour: "desired", name: "fewer workers" },
  kill: { colour: "failed", name: "killed" },
  storm: { colour: "failed", name: "storm" },
  steer: { colour: "ink", name: "an operator's change" },
};
const ORDER = ["storm", "kill", "up", "down", "steer"];

export class Lane {
  constructor(place) {
    this.figure = element("figure", { className: "lane", parent: place, "aria-hidden": "true" }); // the lists beside it tell the same
    this.canvas = element("canvas", { parent: this.figure });
    this.tip = element("div", { className: "tip", parent: this.figure });
    this.tip.hidden = true;
    this.shown = [];
    this.figure.addEventListener("pointermove", (event) => this.#point(event));
    this.figure.addEventListener("pointerleave", () => setHidden(this.tip, true));
  }

  // `toX` gives a time's place in CSS pixels from the figure's left edge.
  draw(marks, [from, until], toX, bounds) {
    const ratio = devicePixelRatio, width = this.figure.clientWidth, height = this.figure.clientHeight;
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const brush = this.canvas.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    brush.strokeStyle = colour("line");
    brush.beginPath();
    brush.moveTo(bounds.left, height / 2);
    brush.lineTo(bounds.left + bounds.width, height / 2);
    brush.stroke();
    this.shown = bundles(marks.filter(({ at }) => at >= from && at <= until), toX, bounds.left + bounds.width);
    for (const mark of this.shown) glyph(brush, mark, height / 2);
  }

  #point(event) {
    const x = event.clientX - this.figure.getBoundingClientRect().left;
    const near = this.shown.filter((mark) => Math.abs(mark.x - x) <= NEAR_PIXELS);
    setHidden(this.tip, !near.length);
    if (!near.length) return;
    this.tip.replaceChildren(...near.flatMap(words).slice(0, WORDS_MAX));
    this.tip.style.left = `${Math.max(0, Math.min(x - 20, this.figure.clientWidth - this.tip.offsetWidth))}px`;
  }
}

function words(bundle) {
  const line = (text) => element("p", { text });
  if (bundle.marks.length <= 2) return bundle.marks.map((mark) => line(`${clock(mark.at)}  ${mark.words}`));
  const first = bundle.marks.reduce((a, b) => (a.at < b.at ? a : b));
  return [line(`${clock(first.at)}  ${bundle.marks.length} × ${LOOKS[bundle.kind].name}`), line(`the first: ${first.words}`)];
}

function bundles(marks, toX, right) {
  const found = [];
  for (const kind of ORDER) {
    let open = null;
    for (const mark of marks.filter((one) => one.kind === kind).sort((a, b) => a.at - b.at)) {
      const x = toX(mark.at);
      if (open && x - open.x <= NEAR_PIXELS) open.marks.push(mark);
      else found.push((open = { kind, x, marks: [mark] }));
    }
  }
  return sideBySide(found, right);
}

// What happened together stands beside each other, so that no mark hides another.
function sideBySide(found, right) {
  let before = -Infinity;
  for (const mark of found.sort((a, b) => a.x - b.x)) {
    mark.x = Math.max(mark.x, Math.min(before + ROOM_PIXELS, mark.x + 3 * ROOM_PIXELS));
    before = mark.x;
  }
  let limit = right + ROOM_PIXELS / 2;
  for (const mark of found.toReversed()) {
    mark.x = Math.min(mark.x, limit);
    limit = mark.x - ROOM_PIXELS;
  }
  return found;
}

function glyph(brush, { kind, x, marks }, middle) {
  const size = marks.length > 1 ? 6 : 5;
  brush.fillStyle = brush.strokeStyle = colour(LOOKS[kind].colour);
  brush.lineWidth = 1.75;
  brush.beginPath();
  SHAPES[kind](brush, x, middle, size);
  if (kind === "up" || kind === "steer") brush.fill();
  else {
    if (kind === "down") { brush.fillStyle = colour("surface"); brush.fill(); }
    brush.stroke();
  }
}

const SHAPES = {
  up: (brush, x, y, size) => polygon(brush, [[x, y - size], [x + size, y + size * 0.8], [x - size, y + size * 0.8]]),
  down: (brush, x, y, size) => polygon(brush, [[x, y + size], [x + size, y - size * 0.8], [x - size, y - size * 0.8]]),
  steer: (brush, x, y, size) => polygon(brush, [[x, y - size], [x + size, y], [x, y + size], [x - size, y]]),
  kill: (brush, x, y, size) => {
    brush.moveTo(x - size, y - size);
    brush.lineTo(x + size, y + size);
    brush.moveTo(x + size, y - size);
    brush.lineTo(x - size, y + size);
  },
  storm: (brush, x, y, size) => {
    brush.moveTo(x + size * 0.4, y - size * 1.3);
    brush.lineTo(x - size * 0.5, y + size * 0.1);
    brush.lineTo(x + size * 0.5, y + size * 0.1);
    brush.lineTo(x - size * 0.4, y + size * 1.3);
  },
};

function polygon(brush, points) {
  points.forEach(([x, y], index) => (index ? brush.lineTo(x, y) : brush.moveTo(x, y)));
  brush.closePath();
}
