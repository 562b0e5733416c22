// The theme's colours for canvases, which know no custom properties; asked again when the theme changes.
const known = new Map();
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

for (const event of ["weir-theme"]) addEventListener(event, () => known.clear());

export function colour(name, alpha = 1) {
  const key = `${name}/${alpha}`;
  if (!known.has(key)) {
    probe.style.color = `var(--${name})`;
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g);
    known.set(key, `rgb(${red} ${green} ${blue} / ${alpha})`);
  }
  return known.get(key);
}

// Slanted lines, so that an area is told apart without its colour.
export function hatching(context, name) {
  const tile = document.createElement("canvas"), size = 8 * devicePixelRatio;
  tile.width = tile.height = size;
  const brush = tile.getContext("2d");
  brush.fillStyle = colour(name, 0.16);
  brush.fillRect(0, 0, size, size);
  brush.strokeStyle = colour(name, 0.75);
  brush.lineWidth = 1.5 * devicePixelRatio;
  for (const offset of [-size, 0, size]) {
    brush.beginPath();
    brush.moveTo(offset, size);
    brush.lineTo(offset + size, 0);
    brush.stroke();
  }
  return context.createPattern(tile, "repeat");
}
