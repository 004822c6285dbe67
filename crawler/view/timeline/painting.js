/* Painting: the colours of the page, and one bar in them. */

const BLUE = "#2563a8", TEAL = "#0e7569", PURPLE = "#7a3fc4", ORANGE = "#a84300", PINK = "#b01e68", GREEN = "#3d741c",
  GREY = "#5a6472", OLIVE = "#7a5c00";
const HUES = {
  "parsing": BLUE, "wait for the answer": TEAL, "read": PURPLE, "robots": OLIVE, "wait for its turn": GREY,
  "wait for a parser": BLUE, "page_queue": BLUE, "wait for a writer": ORANGE, "writing": ORANGE, "write a batch": ORANGE,
  "write": ORANGE, "syncing": PINK, "committing": GREEN, "opening": GREY, "locking": GREY, "cutting": PURPLE,
  "tidying": OLIVE, "closing": GREY, "waiting": GREY, "lease": GREEN,
};
const OTHERS = [TEAL, PURPLE, GREEN, OLIVE, PINK, GREY];
const THEME = {};
const dark = matchMedia("(prefers-color-scheme: dark)");

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "sheet", "ink", "faint", "line", "accent", "row"]) {
    THEME[name] = style.getPropertyValue(`--${name}`).trim();
  }
  THEME.hatches = new Map();
}

/* A hue for each name, the same for who waits for something as for what it waits for; others get one by their letters. */
function hue(name) {
  const sum = [...name].reduce((before, letter) => (before * 31 + letter.codePointAt(0)) % 997, 7);
  return HUES[name] ?? OTHERS[sum % OTHERS.length];
}

function light(colour) { // what is drawn in lines has to be seen on a dark page, too
  return dark.matches ? `color-mix(in srgb, ${colour} 55%, white)` : colour;
}

function hatch(context, colour) {
  if (!THEME.hatches.has(colour)) {
    const tile = new OffscreenCanvas(6, 6);
    const pen = tile.getContext("2d");
    pen.strokeStyle = light(colour);
    pen.lineWidth = 1.2;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, 7);
      pen.lineTo(shift + 7, -1);
      pen.stroke();
    }
    THEME.hatches.set(colour, context.createPattern(tile, "repeat"));
  }
  return THEME.hatches.get(colour);
}

/* Work is full and high, waiting is hatched and low, and being idle is a line. */
function drawBar(context, kind, x, y, width, height) {
  const colour = hue(kind.name);
  if (kind.idle) {
    context.fillStyle = THEME.faint;
    context.fillRect(x, y + height / 2, width, 1);
  } else if (kind.waits) {
    const top = y + height * 0.3, high = height * 0.5;
    context.fillStyle = hatch(context, colour);
    context.fillRect(x, top, width, high);
    context.strokeStyle = light(colour);
    context.lineWidth = 1;
    if (width > 2) context.strokeRect(x + 0.5, top + 0.5, width - 1, high - 1);
  } else {
    context.fillStyle = colour;
    context.fillRect(x, y, width > 3 ? width - 0.6 : width, height);
  }
}

function nameBar(context, kind, x, y, width, height) {
  if (kind.idle || height < 12 || width < (kind.waits ? 70 : 26)) return;
  const indent = kind.waits ? 13 : 5, fits = Math.floor((width - 2 * indent) / 5.8);
  const text = kind.name.length <= fits ? kind.name : fits < (kind.waits ? 13 : 4) ? "" : `${kind.name.slice(0, fits - 1)}…`;
  if (!text) return;
  if (kind.waits) { // on a ground of its own, since nothing can be read on hatching
    context.fillStyle = THEME.paper;
    context.fillRect(x + indent - 3, y + 1, context.measureText(text).width + 6, height - 2);
  }
  context.fillStyle = kind.waits ? THEME.ink : "#fff";
  context.fillText(text, x + indent, y + height / 2);
}
