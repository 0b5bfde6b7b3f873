// The marks along the film, in three lines: cuts, sound, places of the picture. A press goes to that moment.
import { standsAt } from "./standing.js";

const SVG = "http://www.w3.org/2000/svg";
const LINES = { cut: ["mark-cut", 1], silence: ["mark-sound", 11], beep: ["mark-sound", 11] };
const PLACE = ["mark-place", 21];

export class Strip {
  // `onSeek(second)` when somebody presses on it.
  constructor(svg, player, onSeek) {
    this.svg = svg;
    this.player = player;
    this.length = svg.viewBox.baseVal.width;
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      onSeek(((event.clientX - box.left) / box.width) * this.length);
    });
  }

  draw(marks) {
    const least = this.length / 200; // so that half a second of an hour is seen
    const bars = marks.map(({ kind, start, end }) => {
      const [name, y] = LINES[kind] ?? PLACE;
      const width = Math.min(end, this.length) - start;
      return bar(name, { x: start, y, width: Math.max(least, width), height: 8 });
    });
    this.svg.replaceChildren(...bars);
    this.head();
  }

  head() {
    this.svg.querySelector(".mark-head")?.remove();
    this.svg.append(bar("mark-head", { x: standsAt(this.player), y: 0, width: this.length / 300, height: 30 }));
  }
}

function bar(name, sides) {
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", name);
  for (const [side, value] of Object.entries(sides)) rect.setAttribute(side, value);
  return rect;
}
