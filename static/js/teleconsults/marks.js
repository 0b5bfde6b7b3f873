// Draws where a film stops and asks, on the strip under it: one line for each element with `data-at` (seconds),
// full height while it is `data-unanswered`.
const SVG = "http://www.w3.org/2000/svg";

export function drawMarks() {
  const strip = document.querySelector("[data-player] [data-player-strip]");
  if (!strip) return;
  const group = strip.querySelector("[data-player-marks]") ?? strip.appendChild(document.createElementNS(SVG, "g"));
  group.dataset.playerMarks = "";
  const height = strip.viewBox.baseVal.height;
  group.replaceChildren(
    ...[...document.querySelectorAll("[data-at]")].map((place) => {
      const line = document.createElementNS(SVG, "line");
      const top = place.hasAttribute("data-unanswered") ? 0 : height / 2;
      const ends = { x1: place.dataset.at, x2: place.dataset.at, y1: top, y2: height };
      for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
      return line;
    }),
  );
}

drawMarks();
