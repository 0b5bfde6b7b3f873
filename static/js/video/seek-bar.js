// The bar under the film: the minutes that count, where chapters begin, where the film stands, and a slider to go
// elsewhere. Whoever moves it reads, or hears, the name of the chapter.
import { clock } from "./times.js";
import { Preview } from "./preview.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 6;

export class SeekBar {
  // `onSeek(second)` when the slider was let go; `pictureAt(second)` gives a picture that is there already, or "".
  constructor(root, { duration, onSeek, pictureAt }) {
    const find = (name) => root.querySelector(`[data-player-${name}]`);
    Object.assign(this, { duration, pictureAt, strip: find("strip"), bars: find("bars"), head: find("head") });
    this.chapters = [...find("chapters").children].map((line) => ({
      at: Number(line.getAttribute("x1")),
      title: line.dataset.title,
    }));
    this.range = find("range");
    this.range.hidden = false;
    this.preview = new Preview(find("preview"));
    this.range.addEventListener("input", () => this.#drag());
    this.range.addEventListener("change", () => {
      this.isHeld = false;
      this.preview.hide();
      onSeek(Number(this.range.value));
    });
    this.range.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.#hover(event));
    for (const name of ["pointerleave", "pointercancel", "blur"]) {
      this.range.addEventListener(name, () => {
        this.isHeld = false;
        this.preview.hide();
      });
    }
    this.#say(Number(this.range.value));
  }

  // The film stands at this second.
  stand(second) {
    this.head.setAttribute("x", second);
    this.head.setAttribute("width", Math.max(0.2, this.duration / 300));
    if (this.isHeld) return;
    this.range.value = second;
    this.#say(second);
  }

  // The seconds that count, as [from, to] in order; returns their share in percent.
  draw(ranges) {
    const bars = ranges.map(([start, end]) => {
      const bar = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: start, y: 0, width: end - start, height: HEIGHT })) {
        bar.setAttribute(name, value);
      }
      return bar;
    });
    this.bars.replaceChildren(...bars);
    const seconds = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    return Math.min(100, Math.floor((seconds / this.duration) * 100));
  }

  #drag() {
    this.isHeld = true;
    const second = Number(this.range.value);
    this.#say(second);
    this.#show(second);
  }

  #hover(event) {
    const box = this.strip.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    this.#show(share * this.duration);
  }

  #show(second) {
    const [share, title, pictureUrl] = [second / this.duration, this.#chapterAt(second), this.pictureAt(second)];
    this.preview.show(second, { share, title, pictureUrl });
  }

  #say(second) {
    const title = this.#chapterAt(second);
    const words = `${clock(second)} / ${clock(this.duration)}`;
    this.range.setAttribute("aria-valuetext", title ? `${words}, ${title}` : words);
  }

  #chapterAt(second) {
    return this.chapters.findLast((chapter) => chapter.at <= second + 0.05)?.title ?? "";
  }
}
