// Over the seek bar: the time under the pointer, its chapter, and a small picture of it from one sheet that holds them
// all. The sheet is fetched when it is first wanted, and not at all by who saves data.
import { clock } from "./times.js";

const LARGEST_PX = 160;

export class Preview {
  #sheet = null;

  constructor(box) {
    this.box = box;
    [this.picture, this.time, this.title] = box.children;
  }

  // `sheet` is {url, columns, width, height, every, count}, or null where there is none to be had.
  use(sheet) {
    this.#sheet = sheet;
  }

  // `pictureUrl` is one picture that is there already, shown instead of the sheet's.
  show(second, { share, title = "", pictureUrl = "" }) {
    this.box.hidden = false;
    this.time.textContent = clock(second);
    this.title.textContent = title;
    this.title.hidden = !title;
    this.picture.hidden = !(pictureUrl || this.#sheet);
    if (pictureUrl) this.#draw(`url("${pictureUrl}")`, "0 0", "cover", [LARGEST_PX, (LARGEST_PX * 9) / 16]);
    else if (this.#sheet) this.#drawFromSheet(second);
    const room = this.box.parentElement.clientWidth - this.box.offsetWidth;
    const middle = share * this.box.parentElement.clientWidth - this.box.offsetWidth / 2;
    this.box.style.left = `${Math.max(0, Math.min(room, middle))}px`;
  }

  hide() {
    this.box.hidden = true;
  }

  #drawFromSheet(second) {
    const { url, columns, width, height, every, count } = this.#sheet;
    const number = Math.max(0, Math.min(count - 1, Math.floor(second / every)));
    const place = `${-(number % columns) * width}px ${-Math.floor(number / columns) * height}px`;
    this.#draw(`url("${url}")`, place, "auto", [width, height]);
  }

  #draw(image, place, scale, [width, height]) {
    Object.assign(this.picture.style, {
      backgroundImage: image,
      backgroundPosition: place,
      backgroundSize: scale,
      width: `${width}px`,
      height: `${height}px`,
    });
  }
}
