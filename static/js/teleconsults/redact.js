// [data-redact]: helps to write down what is to go from a film: takes moments from the player, lets rectangles be drawn
// on the picture, and plays the film as it will be. The list of marks is a plain form; without this script it is typed.
import { Overlay } from "./redact-overlay.js";
import { Preview } from "./redact-preview.js";
import { Strip } from "./redact-strip.js";
import { moment, secondsOf } from "../video/times.js";
import { standsAt } from "./standing.js";

const BEFORE_S = 2;

class Marks {
  constructor(root) {
    this.root = root;
    this.player = root.querySelector("[data-player]");
    this.video = this.player.querySelector("video");
    this.list = document.querySelector("[data-marks]");
    this.overlay = new Overlay(root, this.video);
    this.strip = new Strip(root.querySelector("[data-redact-strip]"), this.player, (second) => this.go(second));
    this.preview = new Preview(root, this.video, this.overlay, () => this.marks());
    for (const part of root.querySelectorAll("[data-redact-strip], [data-redact-legend]")) part.removeAttribute("hidden");
    this.video.addEventListener("timeupdate", () => this.strip.head());
    if (this.list) this.edit();
    this.draw();
  }

  edit() {
    for (const row of this.rows()) this.equip(row);
    const add = document.querySelector("[data-mark-add]");
    add.hidden = false;
    add.addEventListener("click", () => this.add());
    this.list.addEventListener("input", () => this.draw());
  }

  rows() {
    return [...(this.list?.querySelectorAll("[data-mark]") ?? [])];
  }

  equip(row) {
    for (const button of row.querySelectorAll("button[hidden]")) button.hidden = false;
    for (const button of row.querySelectorAll("[data-mark-now]")) {
      button.addEventListener("click", () => this.take(row, button.dataset.markNow));
    }
    row.querySelector("[data-mark-draw]").addEventListener("click", (event) => this.drawBox(row, event.currentTarget));
    row.querySelector("[data-mark-watch]").addEventListener("click", () => this.watch(row));
  }

  // A fresh row that begins where the film stands; the empty one that the page came with is used up first.
  add() {
    const empty = this.rows().find((row) => !field(row, "start").value && !field(row, "x").value);
    const row = empty ?? this.append();
    field(row, "start").value = moment(standsAt(this.player));
    row.querySelector("select").focus();
    this.draw();
  }

  append() {
    const total = document.querySelector("[name=marks-TOTAL_FORMS]");
    const template = document.querySelector("[data-mark-template]");
    const holder = document.createElement("ol");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
    const row = holder.firstElementChild;
    total.value = Number(total.value) + 1;
    this.list.append(row);
    this.equip(row);
    return row;
  }

  take(row, name) {
    field(row, name).value = moment(standsAt(this.player));
    this.draw();
  }

  drawBox(row, button) {
    this.video.pause();
    this.fetchPicture(row);
    button.setAttribute("aria-pressed", "true");
    this.overlay.draw((box) => {
      button.setAttribute("aria-pressed", "false");
      if (!box) return;
      for (const [name, share] of Object.entries(box)) field(row, name).value = Math.round(share * 10_000) / 100;
      this.draw();
    });
  }

  // Until the film is first played there is only the poster to draw on.
  fetchPicture(row) {
    if (this.player.hasAttribute("data-started")) return;
    this.video.addEventListener("playing", () => this.video.pause(), { once: true });
    this.seek(secondsOf(field(row, "start").value) ?? standsAt(this.player));
  }

  // Playing or not, as it was.
  go(second) {
    if (this.player.hasAttribute("data-started")) this.video.currentTime = second;
    else this.seek(second);
  }

  seek(second) {
    this.player.dispatchEvent(new CustomEvent("player:seek", { detail: second }));
  }

  watch(row) {
    const start = secondsOf(field(row, "start").value) ?? 0;
    this.seek(Math.max(0, start - BEFORE_S));
    this.root.scrollIntoView({ block: "nearest" });
  }

  // What the list says now; rows that make no sense yet are left out.
  marks() {
    return this.rows().map(markOf).filter(Boolean);
  }

  draw() {
    const marks = this.marks();
    this.strip.draw(marks);
    this.preview.now();
  }
}

function field(row, name) {
  return row.querySelector(`[name$="-${name}"]`);
}

function markOf(row) {
  const kind = field(row, "kind").value;
  if (field(row, "DELETE")?.checked) return null;
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(field(row, name).value) / 100);
  const hasPlace = kind === "blur" || kind === "mask";
  if (hasPlace && !(width > 0 && height > 0)) return null;
  const box = hasPlace ? { x, y, width, height } : null;
  if (kind === "mask") return { kind, start: 0, end: Infinity, box };
  const [start, end] = [secondsOf(field(row, "start").value), secondsOf(field(row, "end").value)];
  return start !== null && end > start ? { kind, start, end, box } : null;
}

for (const root of document.querySelectorAll("[data-redact]")) new Marks(root);
