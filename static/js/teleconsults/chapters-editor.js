// form[data-chapters-editor]: the chapters as a list beside the film and as marks on a line of time. The text field stays
// what is sent; without this script it is what one writes in.
import { clock, moment, secondsOf } from "../video/times.js";
import { Film, Saver } from "./beside-film.js";
import { SlideStrip } from "./slide-strip.js";

const LINE = /^(\S+?)\s*[-–—:.)]?\s+(\S.*)$/;
const NEAR_PX = 12;

// null where a line of the text is no chapter.
function marksOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const marks = lines.map((line) => LINE.exec(line.trim())).map((parts) => parts && [secondsOf(parts[1]), parts[2]]);
  if (marks.some((mark) => !mark || mark[0] === null)) return null;
  return marks.map(([at, title]) => ({ at, title }));
}

class ChaptersEditor {
  constructor(form) {
    this.form = form;
    this.find = (name) => form.querySelector(`[data-chapters-${name}]`);
    this.field = this.find("text").querySelector("textarea");
    this.list = this.find("list");
    this.line = this.find("line");
    this.duration = Number(form.dataset.duration);
    this.marks = [];
    const marks = marksOf(this.field.value);
    // What the server refused is mended in the text, where the number of the line says something.
    if (!marks) form.dataset.mode = "text";
    if (form.dataset.mode === "text") return;
    this.film = new Film((second) => this.stand(second));
    this.saver = new Saver(form, {
      state: this.find("state"),
      write: () => this.write(),
      read: () => this.lines(),
      fill: (text) => this.fill(marksOf(text) ?? []),
    });
    this.fill(marks);
    form.addEventListener("click", (event) => this.press(event));
    this.list.addEventListener("input", (event) => this.typed(event.target));
    this.list.addEventListener("change", () => this.sort());
    this.list.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    const strip = form.querySelector("[data-slide-strip]");
    if (strip) new SlideStrip(strip, (second) => this.begin(second));
    this.line.addEventListener("pointerdown", (event) => this.grab(event));
    this.draw();
    this.stand(this.film.at);
  }

  add(mark) {
    mark.row = this.find("row").content.firstElementChild.cloneNode(true);
    mark.row.mark = mark;
    mark.row.querySelector("[data-at]").value = moment(mark.at);
    mark.row.querySelector("[data-title]").value = mark.title;
    this.marks.push(mark);
    this.sort();
    return mark;
  }

  sort() {
    const focused = document.activeElement;
    this.marks.sort((one, other) => one.at - other.at);
    const isSame = this.marks.every((mark, index) => mark.row === this.list.children[index]);
    if (!isSame || this.list.children.length !== this.marks.length) {
      this.list.replaceChildren(...this.marks.map((mark) => mark.row));
      if (this.list.contains(focused)) focused.focus();
    }
    this.draw();
  }

  write() {
    const wrong = this.marks.find((mark) => this.faultOf(mark));
    for (const mark of this.marks) {
      const fault = mark.row.querySelector("[data-fault]");
      const name = this.faultOf(mark);
      fault.hidden = !name;
      fault.textContent = name && this.form.dataset[name];
    }
    if (wrong) {
      const isTitle = this.faultOf(wrong) === "textTitle";
      wrong.row.querySelector(isTitle ? "[data-title]" : "[data-at]").focus();
      return false;
    }
    this.field.value = this.lines();
    return true;
  }

  fill(marks) {
    this.marks = [];
    for (const mark of marks) this.add(mark);
    this.sort();
  }

  lines() {
    return this.marks.map((mark) => `${moment(mark.at)} ${mark.title.trim() || "–"}`).join("\n");
  }

  faultOf(mark) {
    if (secondsOf(mark.row.querySelector("[data-at]").value) === null) return "textTime";
    if (mark.at >= this.duration) return "textLate";
    if (this.marks.some((other) => other !== mark && other.at === mark.at)) return "textTwice";
    return mark.title.trim() ? "" : "textTitle";
  }

  typed(input) {
    const { mark } = input.closest(".mark");
    if (input.matches("[data-title]")) mark.title = input.value;
    else mark.at = secondsOf(input.value) ?? mark.at;
    this.draw();
  }

  press(event) {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const mark = button.closest(".mark")?.mark;
    if (button.dataset.act === "play") return this.film.play(mark.at);
    if (button.dataset.act === "add") this.begin(this.film.at);
    else this.remove(mark);
  }

  begin(at) {
    const there = this.marks.find((mark) => mark.at === at);
    this.film.video.currentTime = at;
    const mark = there ?? this.add({ at, title: "" });
    mark.row.querySelector("[data-title]").focus();
    if (!there) this.saver.touch();
  }

  remove(mark) {
    const at = this.marks.indexOf(mark);
    this.marks.splice(at, 1);
    this.sort();
    this.saver.touch();
    this.marks[Math.min(at, this.marks.length - 1)]?.row.querySelector("[data-title]").focus();
  }

  // --- on the line of time ---
  secondAt(event) {
    const box = this.line.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round(share * this.duration * 10) / 10;
  }

  // Near a mark: moves it; elsewhere: begins a chapter there.
  grab(event) {
    const nearS = (NEAR_PX / this.line.getBoundingClientRect().width) * this.duration;
    const second = Math.min(this.secondAt(event), Math.max(0, this.duration - 0.1));
    const [nearest] = [...this.marks].sort((one, other) => Math.abs(one.at - second) - Math.abs(other.at - second));
    event.preventDefault();
    if (!nearest || Math.abs(nearest.at - second) > nearS) return this.begin(second);
    const move = (moved) => {
      nearest.at = Math.min(this.secondAt(moved), Math.max(0, this.duration - 0.1));
      nearest.row.querySelector("[data-at]").value = moment(nearest.at);
      this.film.video.currentTime = nearest.at;
      this.saver.touch();
      this.draw();
    };
    this.line.setPointerCapture(event.pointerId);
    this.line.addEventListener("pointermove", move);
    this.line.addEventListener(
      "pointerup",
      () => {
        this.line.removeEventListener("pointermove", move);
        this.sort();
        nearest.row.querySelector("[data-title]").focus();
      },
      { once: true },
    );
  }

  draw() {
    const width = this.duration / 200;
    const bars = this.marks.map((mark) => {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const place = { x: Math.min(mark.at, this.duration - width), y: 0, width, height: 10 };
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, value);
      return bar;
    });
    this.find("bars").replaceChildren(...bars);
  }

  stand(second) {
    this.find("head").setAttribute("x", second);
    this.find("head").setAttribute("width", this.duration / 400);
    this.find("now").textContent = clock(second);
    const current = this.marks.findLast((mark) => mark.at <= second + 0.05);
    for (const mark of this.marks) mark.row.toggleAttribute("data-spoken", mark === current);
  }
}

for (const form of document.querySelectorAll("[data-chapters-editor]")) new ChaptersEditor(form);
