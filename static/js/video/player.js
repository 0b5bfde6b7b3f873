// [data-player]: plays a film in the quality that was chosen, from where the person stopped, on any device. The library
// that plays it loads when play is pressed; without this script the page plays a plain file.
// The <video> is the one clock: others listen to it and may pause it or set its currentTime. The player says
// "player:watched" (detail: the server's answer) and hears "player:seek" (detail: a second).
import { csrfToken } from "../kernel/csrf.js";
import { Captions } from "./captions.js";
import { Controls } from "./controls.js";
import { Quality, savesData } from "./quality.js";
import { SeekBar } from "./seek-bar.js";
import { Slides } from "./slides.js";
import { Stream } from "./stream.js";
import { COUNTED_RATE, Tally } from "./tally.js";

const RENEW_MS = 60_000;
const SLOW_MS = 6000;

class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    this.duration = Number(root.dataset.duration);
    this.find = (name) => root.querySelector(`[data-player-${name}]`);
    this.text = (name) => root.dataset[`text${name}`];
    this.quality = new Quality(this.find("quality"), () => this.isStarted && this.change());
    this.slides = new Slides(this.video, this.find("slides"));
    this.stream = new Stream(this.video, {
      library: root.dataset.hls,
      worker: root.dataset.hlsWorker,
      listener: {
        expired: () => this.renew(),
        failed: (isBroken) => this.fail(this.text(isBroken ? "Broken" : "Failed")),
      },
    });
    this.bar = new SeekBar(root, {
      duration: this.duration,
      onSeek: (second) => this.seek(second, { isPlaying: !this.isStarted || !this.video.paused }),
      pictureAt: (second) => this.slides.loadedAt(second),
    });
    this.tally = new Tally(this.video, {
      url: root.dataset.beatUrl,
      token: root.dataset.token,
      person: root.dataset.person,
      onAnswer: (answer, status) => this.answered(answer, status),
      onLine: (isUp) => this.lined(isUp),
    });
    this.captions = new Captions(this.video, this.find("captions"));
    this.controls = new Controls(root, this.video, {
      toggle: () => this.toggle(),
      seekBy: (seconds) => this.isStarted && this.seek(this.video.currentTime + seconds),
      captions: () => this.captions.toggle(),
    });
    this.wait();
  }

  // Before play is pressed: the picture and the button.
  wait() {
    this.find("play").hidden = false;
    this.find("play").addEventListener("click", () => this.start());
    this.find("retry").addEventListener("click", () => this.start());
    this.find("speed").addEventListener("change", (event) => this.setSpeed(Number(event.target.value)));
    this.find("offer").addEventListener("click", () => this.quality.choose("slides"));
    this.root.addEventListener("player:seek", (event) => this.seek(event.detail, { isPlaying: true }));
    // The attribute: the slider itself knows whole seconds only.
    this.controls.stand(Number(this.bar.range.getAttribute("value")), this.duration);
  }

  toggle() {
    if (!this.isStarted) this.start();
    else if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  // Before the first play too: it then begins there.
  seek(second, { isPlaying = false } = {}) {
    const wanted = Math.max(0, Math.min(this.duration, second));
    if (this.video.readyState === this.video.HAVE_NOTHING) this.tally.position = wanted;
    if (!this.isStarted) {
      this.wanted = wanted;
      this.bar.stand(wanted);
      if (isPlaying) this.start();
      return;
    }
    this.video.currentTime = Math.min(wanted, this.video.duration || wanted);
    if (isPlaying) this.video.play().catch(() => {});
  }

  // Play was pressed, here or beside a fault.
  async start() {
    if (!(await this.freshSource())) return;
    if (!this.isStarted) this.begin();
    this.draw(this.source.watched_ranges);
    this.captions.suit();
    this.find("range").focus({ preventScroll: true });
    await this.attach({ isPlaying: true });
  }

  begin() {
    this.isStarted = true;
    this.root.dataset.started = "";
    this.tally.begin(this.wanted ?? this.source.position);
    const { video } = this;
    for (const name of ["timeupdate", "seeking"]) {
      video.addEventListener(name, () => {
        if (video.readyState === video.HAVE_NOTHING) return;
        this.bar.stand(video.currentTime);
        this.controls.stand(video.currentTime, this.duration);
      });
    }
    for (const name of ["playing", "canplay"]) video.addEventListener(name, () => this.flowing());
    video.addEventListener("waiting", () => this.stalled());
  }

  // Another quality was chosen. After a fault that is another try.
  change() {
    return this.find("error").hidden ? this.attach({ isPlaying: !this.video.paused }) : this.start();
  }

  // The addresses have expired while the page was open: fresh ones, and on from the same second.
  async renew() {
    if (Date.now() - (this.renewedAt ?? 0) < RENEW_MS) return this.fail(this.text("Failed"));
    this.renewedAt = Date.now();
    const isPlaying = !this.video.paused;
    if (await this.freshSource()) await this.attach({ isPlaying });
  }

  // Asks for addresses and a watch session; false after having said why there are none.
  async freshSource() {
    this.find("error").hidden = true;
    this.find("play").hidden = true;
    this.note(this.text("Loading"));
    await this.tally.flush();
    try {
      const response = await this.ask();
      if ([403, 404, 410].includes(response.status)) return this.fail(this.text("Gone"));
      if (!response.ok) throw new Error(response.status);
      this.source = await response.json();
    } catch {
      return this.fail(this.text("Failed"));
    }
    this.tally.open(this.source.session);
    return true;
  }

  ask() {
    return fetch(this.root.dataset.playUrl, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(this.root.dataset.token) },
      redirect: "error",
    });
  }

  // Plays what was chosen, from where the film stands.
  async attach({ isPlaying }) {
    const { source } = this;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const { value, height, hasFilm } = this.quality;
    const { position } = this.tally;
    this.root.dataset.mode = value;
    this.find("offer").hidden = true;
    this.controls.hasFilm = hasFilm;
    this.slides.close();
    this.bar.preview.use(hasFilm && source.sprites && !savesData() ? source.sprites : null);
    const file = { address: source.files[value] ?? source.saver, isChosen: value in source.files };
    const playlist = hasFilm ? source.master : value === "slides" ? source.under_slides : source.audio;
    try {
      if (value === "slides") await this.slides.open(source.slides, { position });
      // Another quality was chosen meanwhile.
      if (turn !== this.turn) return;
      await this.stream.open({ playlist, file, position, height, expires: source.expires });
    } catch {
      if (turn === this.turn) this.fail(this.text("Failed"));
      return;
    }
    this.setSpeed(Number(this.find("speed").value));
    if (!isPlaying) return;
    try {
      await this.video.play();
    } catch {
      // The browser wants another press: the button is there.
    }
  }

  setSpeed(rate) {
    this.video.defaultPlaybackRate = this.video.playbackRate = rate;
    this.find("speed").value = String(rate);
    this.note(rate > COUNTED_RATE ? this.text("Fast") : "");
  }

  flowing() {
    clearTimeout(this.slow);
    this.find("offer").hidden = true;
    this.note(this.video.playbackRate > COUNTED_RATE ? this.text("Fast") : "");
  }

  // Waiting for the line. Where that takes long, the slides are offered, which need less of it.
  stalled() {
    this.note(this.text("Loading"));
    clearTimeout(this.slow);
    this.slow = setTimeout(() => {
      this.note(this.text("Slow"));
      this.find("offer").hidden = !(this.quality.hasFilm && this.quality.has("slides"));
    }, SLOW_MS);
  }

  answered(answer, status) {
    if (answer?.watched_ranges) this.draw(answer.watched_ranges);
    if (answer) this.root.dispatchEvent(new CustomEvent("player:watched", { bubbles: true, detail: answer }));
    // The session is too old: a fresh one comes with the next press of play.
    if (status === 409) this.renewSession();
  }

  async renewSession() {
    try {
      const response = await this.ask();
      if (response.ok) this.tally.open((await response.json()).session);
    } catch {
      // The line is cut; the next beat asks again.
    }
  }

  draw(ranges) {
    const words = this.text("Counted").replace("#", this.bar.draw(ranges));
    this.find("strip").setAttribute("aria-label", words);
    this.find("counted").textContent = words;
  }

  lined(isUp) {
    const isToldCut = this.find("note").textContent === this.text("Offline");
    if (!isUp || isToldCut) this.note(isUp ? "" : this.text("Offline"));
  }

  note(words) {
    this.find("note").textContent = words ?? "";
  }

  // Returns false, for those who ask whether it went well.
  fail(words) {
    this.note("");
    this.stream.close();
    this.find("error").hidden = false;
    this.find("error").querySelector("p").textContent = words;
    return false;
  }
}

for (const root of document.querySelectorAll("[data-player]")) new Player(root);
