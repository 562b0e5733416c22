// Draws what has changed, at most once an animation frame, and not at all while nobody can see it.
export class Frames {
  #waiting = new Set();
  #asked = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  later(draw) {
    this.#waiting.add(draw);
    this.#ask();
  }

  #ask() {
    if (this.#asked || document.hidden || !this.#waiting.size) return;
    this.#asked = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#asked = false;
    if (document.hidden) return; // asked again when the page is seen again
    const drawn = [...this.#waiting], began = performance.now();
    this.#waiting.clear();
    for (const draw of drawn) draw();
    performance.measure("weir-draw", { start: began });
    performance.clearMeasures("weir-draw"); // observers have it; the browser's own list would grow for ever
  }
}
