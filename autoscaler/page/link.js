// The connection: opens the stream first and reads the documents then, so that nothing falls between the two; tries again by
// itself, ever more seldom. Its phases: connecting, live, waiting (until), and within live: stale (the server is silent).
import { address } from "./api.js";
import { openEvents } from "./stream.js";

const WAITS_SECONDS = [1, 2, 4, 8, 15];
const SILENT_SECONDS = 30; // no byte for so long: the server is gone, although the connection does not say so

export class Link {
  phase = "connecting";
  retryAt = 0; // on performance.now()'s clock, in seconds
  heardAt = 0; // the last event, on the same clock
  #aliveAt = 0; // the last byte: pings come also from a server that does not tick
  #lastEventId;
  #failures = 0;
  #wake = () => {};
  #abort = new AbortController();

  // `load(signal)` reads the documents, `take(kind, data)` is given each event, `tell()` hears of a new phase.
  constructor({ load, take, tell }) {
    Object.assign(this, { load, take, tell });
    addEventListener("online", () => this.retry());
    addEventListener("pageshow", (event) => { if (event.persisted) this.renew(); });
  }

  async run() {
    for (;;) {
      try { await this.#connect(); } catch { /* why does not matter: it is told as a wait, and tried again */ }
      this.#abort.abort();
      await this.#wait();
    }
  }

  retry() { this.#wake(); }

  // Everything anew, over another connection.
  renew() { this.#abort.abort(); }

  async #connect() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#say("connecting");
    const watching = setInterval(() => { if (now() - this.#aliveAt > SILENT_SECONDS) this.#abort.abort(); }, 5_000);
    this.heardAt = this.#aliveAt = now();
    try {
      await this.#read(signal);
    } finally {
      clearInterval(watching);
    }
  }

  // Events that come while the documents are read wait for them: what they repeat is passed over by whoever takes them.
  async #read(signal) {
    const events = await openEvents(address("events"), { lastEventId: this.#lastEventId, signal });
    const early = [];
    let loaded = false;
    this.load(signal).then(() => {
      loaded = true;
      early.forEach((event) => this.#give(event));
      this.#failures = 0;
      this.#say("live");
    }, () => this.#abort.abort());
    for await (const event of events) {
      this.#aliveAt = now();
      if (event) this.heardAt = this.#aliveAt;
      if (event && loaded) this.#give(event);
      else if (event) early.push(event);
    }
  }

  #give(event) {
    if (event.id) this.#lastEventId = event.id;
    this.take(event.kind, JSON.parse(event.data));
  }

  #wait() {
    const seconds = WAITS_SECONDS[Math.min(this.#failures, WAITS_SECONDS.length - 1)];
    this.#failures += 1;
    this.retryAt = now() + seconds;
    this.#say("waiting");
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
  }

  #say(phase) {
    this.phase = phase;
    this.tell();
  }
}

export function now() { return performance.now() / 1000; }
