// What the editors beside a film share: the film as they need it, and saving without leaving the page.
import { csrfToken } from "../kernel/csrf.js";
import { standsAt } from "./standing.js";

export class Film {
  constructor(onMove) {
    this.player = document.querySelector("[data-player]");
    this.video = this.player.querySelector("video");
    this.until = null;
    this.video.addEventListener("timeupdate", () => onMove(this.at));
    this.video.addEventListener("seeking", () => onMove(this.at));
    this.video.addEventListener("pause", () => (this.until = null));
  }

  get at() {
    return Math.round(standsAt(this.player) * 1000) / 1000;
  }

  // Plays on from a second, or only up to another.
  play(from, until = null) {
    this.until = null;
    this.player.dispatchEvent(new CustomEvent("player:seek", { detail: from }));
    if (until === null) return;
    this.video.addEventListener(
      "playing",
      () => {
        this.until = until;
        requestAnimationFrame(() => this.stop());
      },
      { once: true },
    );
  }

  stop() {
    if (this.until === null) return;
    if (this.at >= this.until) this.video.pause();
    else requestAnimationFrame(() => this.stop());
  }
}

const DRAFT_MS = 1500;

// Saves without leaving the page. What is not saved yet is kept in this browser, should it be closed or break down.
export class Saver {
  // `write` puts what the table holds into the form's field; false where something must be mended first. `read` gives what
  // the table holds as text, `fill` puts such a text into it.
  constructor(form, { state, write, read, fill }) {
    Object.assign(this, { form, state, write, read, fill });
    // Of this person and of this version of the film: after a redaction, what was cut is not offered again.
    this.key = `draft:${form.dataset.person}:${form.dataset.film}:${location.pathname}${location.search}`;
    this.offer();
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("input", () => this.touch());
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    if ("dirty" in form.dataset) this.say("unsaved");
  }

  touch() {
    this.form.dataset.dirty = "";
    this.changes = (this.changes ?? 0) + 1;
    this.say("unsaved");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(this.read()), DRAFT_MS);
  }

  keep(text) {
    try {
      if (text === null) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, text);
    } catch {
      // The browser keeps nothing: saving is all there is.
    }
  }

  // What was not saved last time.
  offer() {
    const notice = this.form.querySelector("[data-draft]");
    let text = null;
    try {
      text = localStorage.getItem(this.key);
    } catch {
      return;
    }
    if (text === null || "dirty" in this.form.dataset) return;
    notice.hidden = false;
    notice.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      notice.hidden = true;
      if (button.value === "use") {
        this.fill(text);
        this.touch();
      } else {
        this.keep(null);
      }
    });
  }

  say(name) {
    if (this.state) this.state.textContent = this.form.dataset[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
  }

  // A file goes the plain way, and the page that comes back shows its lines.
  async submit(event) {
    const file = this.form.querySelector("input[type=file]");
    if (file?.files.length) return;
    event.preventDefault();
    if (this.isSaving || !this.write()) return;
    this.isSaving = true;
    const { changes } = this;
    this.say("saving");
    try {
      await this.send(changes);
    } catch {
      this.say("offline");
    } finally {
      this.isSaving = false;
    }
  }

  async send(changes) {
    const body = new FormData(this.form);
    body.set("csrfmiddlewaretoken", csrfToken(body.get("csrfmiddlewaretoken")));
    const response = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) throw new Error(response.status);
    const { saved, seen, errors, is_stale: isStale } = await response.json();
    // The page comes back with what was typed, and says what has become of what it was opened on.
    if (isStale) {
      delete this.form.dataset.dirty;
      return this.form.submit();
    }
    if (errors) return this.say(errors.join(" "));
    this.form.elements.seen.value = seen;
    if (changes !== this.changes) return this.say("unsaved");
    delete this.form.dataset.dirty;
    clearTimeout(this.timer);
    this.keep(null);
    this.say(saved);
  }
}
