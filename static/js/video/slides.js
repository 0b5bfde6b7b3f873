// Slides mode: pictures of the film beneath the voice, which plays in the same <video>, on the same timeline. A picture
// shows while it comes, over the one before; the next ones are fetched a little ahead.
const AHEAD = 2;
const AHEAD_S = 90;
const AGAIN_MS = 5000;

export class Slides {
  #slides = [];
  #pictures = new Map(); // file -> its <img>, kept through a renewal of the addresses
  #failedAt = new Map();

  constructor(video, place) {
    Object.assign(this, { video, place });
    this.follow = () => this.show(video.currentTime);
  }

  // Throws when the list cannot be had.
  async open(url, { position }) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(response.status);
    this.base = response.url;
    this.#slides = (await response.json()).slides;
    this.place.hidden = false;
    for (const name of ["timeupdate", "seeking"]) this.video.addEventListener(name, this.follow);
    this.show(position);
  }

  close() {
    for (const name of ["timeupdate", "seeking"]) this.video.removeEventListener(name, this.follow);
    if (this.poster) this.video.poster = this.poster;
    this.place.hidden = true;
    this.place.replaceChildren();
    this.#slides = [];
    this.poster = this.shown = undefined;
  }

  // The address of the picture at that second, if it has come already.
  loadedAt(second) {
    const picture = this.#pictures.get(this.#slides[this.#indexAt(second)]?.file);
    return picture?.complete && picture.naturalWidth ? picture.src : "";
  }

  show(second) {
    const index = this.#indexAt(second);
    const slide = this.#slides[index];
    if (!slide) return;
    const picture = this.#picture(slide);
    if (this.shown !== picture) {
      this.shown = picture;
      this.place.append(picture);
    }
    if (!picture.complete || !picture.naturalWidth) return;
    this.#uncover();
    this.place.replaceChildren(picture);
    // One after the other: the voice needs the line too.
    for (const next of this.#slides.slice(index + 1, index + 1 + AHEAD)) {
      if (next.at > second + AHEAD_S) break;
      const ahead = this.#picture(next);
      if (ahead.complete) continue;
      ahead.addEventListener("load", this.follow, { once: true });
      break;
    }
  }

  // The film's own picture lies over the slides until the first of them has come.
  #uncover() {
    this.poster ??= this.video.poster;
    this.video.removeAttribute("poster");
  }

  #indexAt(second) {
    return Math.max(
      0,
      this.#slides.findLastIndex((slide) => slide.at <= second + 0.05),
    );
  }

  #picture({ file }) {
    const failed = this.#failedAt.get(file);
    if (failed && Date.now() - failed > AGAIN_MS) {
      this.#failedAt.delete(file);
      this.#pictures.get(file).src = new URL(file, this.base);
    }
    if (this.#pictures.has(file)) return this.#pictures.get(file);
    const picture = new Image();
    picture.alt = "";
    picture.addEventListener("load", () => picture === this.shown && this.follow());
    picture.addEventListener("error", () => this.#failedAt.set(file, Date.now()));
    picture.src = new URL(file, this.base);
    this.#pictures.set(file, picture);
    return picture;
  }
}
