// form[data-captions-editor]: the captions as a table beside the film. The text field stays what is sent; without this
// script it is what one writes in.
import { moment, secondsOf, stamp } from "../video/times.js";
import { Film, Saver } from "./beside-film.js";

const HEADER = /^(WEBVTT|NOTE|STYLE|REGION)\b/;
const TAG = /<\/?[a-z0-9][^<>]*>/gi;
const NEW_LINE_S = 2;
const SHORTEST_S = 0.2;

// null where a piece of the text is no line of captions.
function cuesOf(text) {
  const cues = [];
  for (const block of text.replace(/\r\n?/g, "\n").split(/\n[ \t]*\n+/)) {
    const lines = block.split("\n").filter((line) => line.trim());
    if (!lines.length || HEADER.test(lines[0].replace("\uFEFF", ""))) continue;
    const at = lines.findIndex((line) => line.includes("-->"));
    if (at < 0) return null;
    const [start, end] = lines[at].split("-->").map((part) => secondsOf(part.trim().split(/\s/)[0]));
    if (start === null || end === null) return null;
    const words = lines.slice(at + 1).join("\n").replace(TAG, "");
    cues.push({ start, end, text: words.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&") });
  }
  return cues;
}

const tidy = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join("\n")
    .replaceAll("-->", "→");

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function webvttOf(cues) {
  const blocks = cues
    .filter((cue) => tidy(cue.text))
    .map((cue) => `${stamp(cue.start)} --> ${stamp(cue.end)}\n${escaped(tidy(cue.text))}\n`);
  return blocks.length ? ["WEBVTT\n", ...blocks].join("\n") : "";
}

class CaptionsEditor {
  constructor(form) {
    this.form = form;
    this.find = (name) => form.querySelector(`[data-captions-${name}]`);
    this.field = this.find("text").querySelector("textarea");
    this.list = this.find("list");
    this.tools = this.find("tools").content.firstElementChild.cloneNode(true);
    this.duration = Number(form.dataset.duration);
    this.cues = [];
    this.before = [];
    this.film = new Film((second) => this.follow(second));
    this.saver = new Saver(form, {
      state: this.find("state"),
      write: () => this.write(),
      read: () => (this.isTable ? webvttOf(this.cues) : this.field.value),
      fill: (text) => {
        this.field.value = text;
        this.showTable();
      },
    });
    form.addEventListener("click", (event) => this.press(event));
    this.list.addEventListener("focusin", (event) => this.choose(event.target.closest(".cue")));
    this.list.addEventListener("input", (event) => this.typed(event.target));
    this.list.addEventListener("change", (event) => this.timed(event.target));
    this.list.addEventListener("keydown", (event) => this.key(event));
    // What the server refused is mended in the text, where the number of the line says something.
    if (form.dataset.mode === "table") this.showTable();
  }

  // --- text or table ---
  showTable() {
    const cues = cuesOf(this.field.value);
    this.form.dataset.mode = cues ? "table" : "text";
    if (cues) this.fill(cues);
    else this.saver.say("unreadable");
  }

  get isTable() {
    return this.form.dataset.mode === "table";
  }

  showText() {
    if (!this.write()) return;
    this.form.dataset.mode = "text";
    this.field.focus();
  }

  // Brings the table into the field; false where a time is wrong.
  write() {
    if (!this.isTable) return true;
    const wrong = this.cues.find((cue) => !this.check(cue));
    if (wrong) {
      wrong.row.scrollIntoView({ block: "center" });
      wrong.row.querySelector("[data-start]").focus();
      return false;
    }
    this.field.value = webvttOf(this.cues);
    return true;
  }

  // --- rows ---
  fill(cues) {
    this.cues = cues.map((cue) => this.withRow({ ...cue }));
    this.sort();
    this.list.replaceChildren(...this.cues.map((cue) => cue.row));
    this.chosen = null;
    this.count();
  }

  withRow(cue) {
    cue.row = this.find("row").content.firstElementChild.cloneNode(true);
    cue.row.cue = cue;
    this.show(cue);
    return cue;
  }

  show(cue) {
    const { row } = cue;
    row.querySelector("[data-start]").value = moment(cue.start);
    row.querySelector("[data-end]").value = moment(cue.end);
    const words = row.querySelector("[data-words]");
    words.value = cue.text;
    words.rows = cue.text.split("\n").reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / 44)), 0);
    this.check(cue);
  }

  check(cue) {
    const fault = cue.row.querySelector("[data-fault]");
    const isWritten = [...cue.row.querySelectorAll("input")].every((input) => secondsOf(input.value) !== null);
    const words = !isWritten ? "textTime" : cue.end <= cue.start ? "textOrder" : "";
    fault.hidden = !words;
    fault.textContent = words && this.form.dataset[words];
    for (const input of cue.row.querySelectorAll("input")) input.setAttribute("aria-invalid", Boolean(words));
    return !words;
  }

  sort() {
    this.cues.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  count() {
    this.find("count").textContent = this.form.dataset.textCount.replace("#", this.cues.length);
    this.form.querySelector("[data-act=undo]").disabled = !this.before.length;
  }

  choose(row) {
    if (!row || row === this.chosen) return;
    this.chosen?.removeAttribute("data-chosen");
    this.chosen = row;
    row.dataset.chosen = "";
    row.append(this.tools);
  }

  // --- what is typed ---
  typed(input) {
    const { cue } = input.closest(".cue");
    const seconds = secondsOf(input.value);
    if (input.matches("[data-words]")) cue.text = input.value;
    else if (seconds !== null) cue[input.matches("[data-start]") ? "start" : "end"] = seconds;
  }

  timed(input) {
    if (!this.check(input.closest(".cue").cue)) return;
    const order = this.cues.map((other) => other.row);
    this.sort();
    if (this.cues.every((other, index) => other.row === order[index])) return;
    this.list.replaceChildren(...this.cues.map((other) => other.row));
    input.focus();
  }

  key(event) {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const { cue } = event.target.closest(".cue");
      this.film.play(cue.start, cue.end);
    }
  }

  // --- what is pressed ---
  press(event) {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const cue = (button.closest(".cue") ?? this.chosen)?.cue;
    if (button.dataset.act === "play") this.film.play(cue.start, cue.end);
    else if (button.dataset.act === "text") this.showText();
    else if (button.dataset.act === "table") this.showTable();
    else if (button.dataset.act === "undo") this.undo();
    else this.change(() => this.acts()[button.dataset.act](cue));
  }

  // Each changes the list and returns the line to go on with.
  acts() {
    const { film } = this;
    return {
      add: () => this.added({ start: film.at, end: Math.min(film.at + NEW_LINE_S, this.duration), text: "" }),
      delete: (cue) => this.without(cue),
      join: (cue) => this.joined(cue),
      split: (cue) => this.divided(cue),
      "starts-now": (cue) => Object.assign(cue, { start: film.at }),
      "ends-now": (cue) => Object.assign(cue, { end: film.at }),
      "shift-all": () => this.shifted(this.cues),
      "shift-rest": (cue) => this.shifted(this.cues.slice(cue ? this.cues.indexOf(cue) : 0)),
    };
  }

  change(act) {
    this.before.push(this.cues.map(({ start, end, text }) => ({ start, end, text })));
    const next = act();
    const plain = next && { start: next.start, text: next.text };
    this.fill(this.cues);
    this.saver.touch();
    const cue = plain && this.cues.find((other) => other.start === plain.start && other.text === plain.text);
    cue?.row.querySelector("[data-words]").focus();
  }

  undo() {
    this.fill(this.before.pop());
    this.saver.touch();
  }

  added(cue) {
    this.cues.push(cue);
    return cue;
  }

  without(cue) {
    const at = this.cues.indexOf(cue);
    this.cues.splice(at, 1);
    return this.cues[Math.min(at, this.cues.length - 1)];
  }

  joined(cue) {
    const next = this.cues[this.cues.indexOf(cue) + 1];
    if (!next) return cue;
    this.without(next);
    return Object.assign(cue, { end: Math.max(cue.end, next.end), text: `${cue.text.trim()} ${next.text.trim()}`.trim() });
  }

  // At the cursor in the words; in time where the film stands, if it stands in this line, else by the share of words.
  divided(cue) {
    const words = cue.row.querySelector("[data-words]");
    const caret = words.selectionStart || Math.floor(cue.text.length / 2);
    const share = cue.text.length ? caret / cue.text.length : 0.5;
    const isInside = this.film.at > cue.start + SHORTEST_S && this.film.at < cue.end - SHORTEST_S;
    const at = isInside ? this.film.at : Math.round((cue.start + (cue.end - cue.start) * share) * 1000) / 1000;
    const second = { start: at, end: cue.end, text: cue.text.slice(caret).trim() };
    Object.assign(cue, { end: at, text: cue.text.slice(0, caret).trim() });
    return this.added(second);
  }

  shifted(cues) {
    const by = Number(this.form.querySelector("[data-shift-by]").value) || 0;
    for (const cue of cues) {
      const length = cue.end - cue.start;
      cue.start = Math.max(0, Math.round((cue.start + by) * 1000) / 1000);
      cue.end = Math.round((cue.start + length) * 1000) / 1000;
    }
    return cues[0];
  }

  follow(second) {
    const spoken = this.cues.findLast((cue) => cue.start <= second + 0.05 && second < cue.end)?.row;
    if (!this.isTable || spoken === this.spoken) return;
    this.spoken?.removeAttribute("data-spoken");
    this.spoken = spoken;
    if (!spoken) return;
    spoken.dataset.spoken = "";
    if (this.list.contains(document.activeElement)) return;
    // On a phone the page scrolls, elsewhere the list.
    if (this.list.scrollHeight > this.list.clientHeight) {
      this.list.scrollTop = spoken.offsetTop - this.list.clientHeight / 3;
    } else {
      spoken.scrollIntoView({ block: "center" });
    }
  }
}

for (const form of document.querySelectorAll("[data-captions-editor]")) new CaptionsEditor(form);
