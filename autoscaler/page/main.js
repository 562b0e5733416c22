// Puts the page together: what is told goes onto the board, and what depends on it is drawn with the next frame.
import { read } from "./api.js";
import { Board } from "./board.js";
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { Decisions } from "./decision.js";
import { byId } from "./dom.js";
import { Frames } from "./frames.js";
import { Happenings } from "./happenings.js";
import { Head } from "./head.js";
import { Link } from "./link.js";
import { Notices } from "./notices.js";
import { Rollout } from "./rollout.js";
import { Samples } from "./samples.js";
import { Shadows } from "./shadows.js";
import { Tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { Workers } from "./workers.js";

const POINTS = 1_800; // more than there are pixels
const ROWS_MAX = 4 * POINTS; // live rows come in full detail: when there are so many they are thinned anew
const SET_BACK_SECONDS = 10; // less than that, and an event was only late
const board = new Board();
const timeline = new Timeline();
const frames = new Frames();
const details = new Samples(); // of a stretch that was zoomed into
const later = (draw) => frames.later(draw);

const link = new Link({
  load: async (signal) => { await board.load(query(), signal); drawAll(); },
  take: (kind, document) => {
    const began = performance.now();
    board.take(kind, document);
    if (kind === "state" && link.phase === "live" && setBack(document.at)) link.renew();
    board.samples.forget(board.samples.last - 2 * timeline.range);
    if (board.samples.at.length > ROWS_MAX && !timeline.zoomed) fetchSamples();
    (drawers[kind] ?? []).forEach(later);
    performance.measure("weir-take", { start: began });
    performance.clearMeasures("weir-take");
  },
  tell: () => later(head.drawConnection),
});
byId("retry").addEventListener("click", () => link.retry());

const parts = { board, timeline, link, later, samples: () => (timeline.zoomed && details.at.length ? details : board.samples) };
const head = new Head(parts), notices = new Notices(parts), tiles = new Tiles(parts), charts = new Charts(parts);
const decisions = new Decisions(parts), shadows = new Shadows(parts), happenings = new Happenings(parts);
const workers = new Workers(parts), rollout = new Rollout(parts), controls = new Controls(parts);

const drawers = {
  sample: [charts.draw, tiles.draw],
  state: [head.draw, notices.draw, tiles.draw, shadows.draw, rollout.draw, controls.draw, decisions.draw],
  workers: [workers.draw],
  decision: [decisions.draw, tiles.draw],
  happening: [happenings.draw],
};

function drawAll() {
  new Set(Object.values(drawers).flat()).forEach(later);
  charts.redraw();
}

// Whether the server's clock was set back: what is newest here has not happened there.
function setBack(at) { return at < board.samples.last - SET_BACK_SECONDS; }

function query() { return { seconds: timeline.range, points: POINTS }; }

timeline.onChange((what) => {
  details.clear();
  charts.redraw();
  if (what === "range" || timeline.zoomed) fetchSamples();
});

// The range, or the stretch that was zoomed into, in as much detail as fits on the screen. Only one question is open at a time; an
// answer that nobody waits for any more is dropped, and where none comes the link tells.
let asking = "";
async function fetchSamples() {
  const { range, zoomed } = timeline, key = `${range}/${zoomed}`;
  if (asking === key) return;
  asking = key;
  const columns = await read("samples", zoomed ? around(zoomed) : query()).catch(() => null);
  if (asking !== key) return;
  asking = "";
  if (columns === null || zoomed !== timeline.zoomed) return;
  if (zoomed) details.replace(columns);
  else board.samples.renew(columns);
  charts.redraw();
}

function around([from, until]) {
  const margin = (until - from) / 10;
  return { since: from - margin, seconds: until - from + 2 * margin, points: POINTS };
}

setInterval(() => [head.drawConnection, notices.draw, decisions.draw].forEach(later), 1_000); // what counts seconds, also in silence
drawAll();
link.run();
