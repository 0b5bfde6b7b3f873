// The rectangles over the picture of a film, and the drawing of a new one by mouse, finger or pen.
const SVG = "http://www.w3.org/2000/svg";
const LEAST = 0.01; // of the picture, in both directions; less is a slip

export class Overlay {
  constructor(root, video) {
    this.width = Number(root.dataset.width) || 16;
    this.height = Number(root.dataset.height) || 9;
    this.note = root.querySelector("[data-redact-note]");
    this.words = root.dataset.textDraw;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "redact__overlay");
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("aria-hidden", "true");
    video.after(this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", () => this.end());
    this.svg.addEventListener("pointercancel", () => this.end());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.finish(null));
  }

  // The places that are covered at this moment.
  show(boxes) {
    if (this.whenDrawn) return;
    this.svg.replaceChildren(...boxes.map((box) => this.rect(box)));
  }

  // `whenDrawn` hears the box in shares of the picture, or null when nothing came of it.
  draw(whenDrawn) {
    this.finish(null);
    this.whenDrawn = whenDrawn;
    this.svg.replaceChildren();
    this.svg.classList.add("redact__overlay--drawing");
    this.note.textContent = this.words;
    this.svg.scrollIntoView({ block: "nearest" });
  }

  begin(event) {
    if (!this.whenDrawn) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.from = this.to = this.shareAt(event);
  }

  move(event) {
    if (!this.from) return;
    this.to = this.shareAt(event);
    this.svg.replaceChildren(this.rect(this.box(), "is-outline"));
  }

  end() {
    if (!this.from) return;
    const box = this.box();
    this.from = null;
    this.finish(box.width >= LEAST && box.height >= LEAST ? box : null);
  }

  finish(box) {
    const tell = this.whenDrawn;
    if (!tell) return;
    this.whenDrawn = this.from = null;
    this.svg.classList.remove("redact__overlay--drawing");
    this.svg.replaceChildren();
    this.note.textContent = "";
    tell(box);
  }

  shareAt(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const within = (share) => Math.min(1, Math.max(0, share));
    return [within(point.x / this.width), within(point.y / this.height)];
  }

  box() {
    const [[ax, ay], [bx, by]] = [this.from, this.to];
    return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
  }

  rect({ x, y, width, height }, name = "") {
    const rect = document.createElementNS(SVG, "rect");
    const sides = { x: x * this.width, y: y * this.height, width: width * this.width, height: height * this.height };
    for (const [side, value] of Object.entries(sides)) rect.setAttribute(side, value);
    rect.setAttribute("class", name);
    return rect;
  }
}
