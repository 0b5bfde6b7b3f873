// [data-decisions]: stops the film at the seconds where its author asks, keeps the answer, then shows what colleagues
// chose and what the specialist thought. Answered once, a question is never asked again. One that is needed for the
// minutes to count stops a jump over it, too; "later" leaves it marked on the strip.
// Each answer fires "decisions:answered" on the list.
import { csrfToken } from "../kernel/csrf.js";
import { drawMarks } from "./marks.js";

const NEAR_S = 0.4;
const RETRY_MS = 15_000;

class Point {
  constructor(row, person) {
    this.row = row;
    this.at = Number(row.dataset.at);
    this.form = row.querySelector("form");
    this.key = this.form && `decision:${person}:${row.id}`;
  }

  get isOpen() {
    return this.row.hasAttribute("data-unanswered") && !this.kept;
  }

  get isNeeded() {
    return this.isOpen && this.row.hasAttribute("data-missing");
  }

  // The answer that the server does not have yet.
  get kept() {
    try {
      return (this.key && localStorage.getItem(this.key)) || this.unsent;
    } catch {
      return this.unsent;
    }
  }

  keep(option) {
    this.unsent = option;
    try {
      if (option) localStorage.setItem(this.key, option);
      else localStorage.removeItem(this.key);
    } catch {
      // Kept as long as the page is open.
    }
  }
}

class Decisions {
  constructor(list) {
    this.list = list;
    this.player = document.querySelector("[data-player]");
    this.video = this.player?.querySelector("video");
    this.panel = document.querySelector("[data-decision-panel]");
    this.find = (name) => this.panel.querySelector(`[data-decision-${name}]`);
    this.points = [...list.querySelectorAll("[data-decision]")].map((row) => new Point(row, list.dataset.person));
    (this.player?.querySelector(".player__stage") ?? list).after(this.panel);
    for (const point of this.points) if (point.form) this.bind(point);
    this.find("go").addEventListener("click", () => this.goOn());
    if (this.video) this.follow();
    addEventListener("online", () => this.sendKept());
    setInterval(() => this.sendKept(), RETRY_MS);
    this.sendKept();
  }

  bind(point) {
    const { row, form } = point;
    row.querySelector("[data-decision-wait]").hidden = false;
    row.querySelector("[data-decision-now]").addEventListener("click", () => this.ask(point));
    const later = form.querySelector("[data-decision-later]");
    later.hidden = false;
    later.addEventListener("click", () => this.goOn());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      point.keep(new FormData(form).get("option"));
      this.send(point);
    });
  }

  // --- the film ---
  follow() {
    const { video } = this;
    // Until it plays, the browser stands at 0 and jumps to where the person stopped.
    video.addEventListener("emptied", () => (this.last = null));
    video.addEventListener("playing", () => this.began());
    video.addEventListener("timeupdate", () => this.moved());
    video.addEventListener("seeking", () => this.jumped());
    // One that was asked for before the film was stopped is told of afterwards.
    video.addEventListener("play", () => this.asking && !video.paused && this.close());
  }

  began() {
    if (this.last == null) this.askNear(this.video.currentTime);
    this.last = this.video.currentTime;
  }

  moved() {
    const { video, last } = this;
    const now = video.currentTime;
    if (last == null || this.asking || video.paused || video.seeking) return;
    this.last = now;
    if (this.putOff && now > this.putOff.at + 1) this.putOff = null;
    const crossed = this.points.find((point) => this.waits(point) && last < point.at && point.at <= now);
    if (crossed) return this.ask(crossed);
    // The browser tells the time four times a second; the film stops more exactly than that.
    const next = this.points.find((point) => this.waits(point) && now < point.at && point.at < now + 1);
    clearTimeout(this.timer);
    if (next) this.timer = setTimeout(() => this.moved(), ((next.at - now) / video.playbackRate) * 1000 + 10);
  }

  waits(point) {
    return point.isOpen && point !== this.putOff;
  }

  jumped() {
    const { video, last } = this;
    const now = video.currentTime;
    if (last == null || video.readyState === video.HAVE_NOTHING) return;
    if (this.asking && Math.abs(this.asking.at - now) < NEAR_S) return;
    if (this.asking) this.close();
    this.last = now;
    this.putOff = null;
    if (this.askNear(now)) return;
    const skipped = this.points.find((point) => point.isNeeded && last < point.at && point.at < now);
    if (!skipped) return;
    this.ask(skipped);
    video.currentTime = this.last = skipped.at;
  }

  askNear(second) {
    const near = this.points.find((point) => this.waits(point) && Math.abs(point.at - second) < NEAR_S);
    if (near) this.ask(near);
    return near;
  }

  // --- the question ---
  ask(point) {
    if (this.asking) this.close();
    this.asking = point;
    this.video?.pause();
    if (document.fullscreenElement) document.exitFullscreen();
    this.video?.webkitExitFullscreen?.();
    this.find("place").replaceChildren(point.form);
    this.find("go").hidden = true;
    this.say("");
    this.panel.hidden = false;
    point.form.querySelector("input[type=radio]").focus({ preventScroll: true });
    this.panel.scrollIntoView({ block: "nearest" });
  }

  close() {
    const { asking } = this;
    this.asking = null;
    this.panel.hidden = true;
    if (!asking.form) return;
    asking.row.append(asking.form);
    // Not again at once; the next time that the film comes by.
    if (Math.abs(asking.at - (this.video?.currentTime ?? 0)) < 1) this.putOff = asking;
  }

  goOn() {
    if (this.asking) this.close();
    if (!this.player?.hasAttribute("data-started")) return;
    this.video.play().catch(() => {});
    (this.player.querySelector("[data-player-range]") ?? this.video).focus({ preventScroll: true });
  }

  // --- the answer ---
  async send(point) {
    if (point.isSending) return;
    point.isSending = true;
    if (this.asking === point) this.say(this.list.dataset.textSaving);
    const outcome = await this.post(point).catch(() => "waiting");
    point.isSending = false;
    if (outcome.html) this.show(point, outcome.html);
    if (outcome.html || outcome.words) point.keep("");
    if (this.asking !== point || outcome.html) return;
    this.say(outcome.words ?? this.list.dataset[outcome === "waiting" ? "textWaiting" : "textSignedOut"]);
    this.find("go").hidden = outcome !== "waiting";
  }

  async post(point) {
    const body = new FormData(point.form);
    body.set("option", point.kept);
    body.set("stay", "1");
    body.set("csrfmiddlewaretoken", csrfToken(body.get("csrfmiddlewaretoken")));
    const answer = await fetch(point.form.action, { method: "POST", body, keepalive: true, redirect: "manual" });
    if (answer.ok) return { html: await answer.text() };
    if (answer.status === 409) return { words: await answer.text() };
    if (answer.status === 404) return { words: this.list.dataset.textGone };
    return answer.status >= 500 || answer.status === 429 ? "waiting" : "signed out";
  }

  sendKept() {
    for (const point of this.points) if (point.form && point.kept) this.send(point);
  }

  show(point, html) {
    const parse = () => document.createRange().createContextualFragment(html);
    point.form.remove();
    point.form = null;
    point.row.querySelector("[data-decision-wait]").remove();
    point.row.removeAttribute("data-unanswered");
    point.row.removeAttribute("data-missing");
    point.row.append(parse());
    drawMarks();
    if (this.asking === point) {
      this.say("");
      this.find("place").replaceChildren(parse());
      this.find("go").hidden = false;
      this.find("result").focus({ preventScroll: true });
      this.panel.scrollIntoView({ block: "nearest" });
    }
    this.list.dispatchEvent(new CustomEvent("decisions:answered", { bubbles: true }));
  }

  say(words) {
    this.find("status").textContent = words;
  }
}

for (const list of document.querySelectorAll("[data-decisions]")) new Decisions(list);
