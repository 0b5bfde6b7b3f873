// [data-player]: plays the renditions of a film, from where the person stopped, and reports what was watched.
// The library that plays them loads when play is pressed; without this script the page plays a plain file.
import { Beats } from "./beats.js";
import { Captions } from "./captions.js";
import { Intervals } from "./intervals.js";

const BEAT_MS = 20_000;
const RENEW_MS = 60_000;
const FLUSH_MS = 4000;
const COUNTED_RATE = 1.5;
const QUALITY = "player-quality";

class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    this.find = (name) => root.querySelector(`[data-player-${name}]`);
    this.text = (name) => root.dataset[`text${name}`];
    this.token = root.dataset.token || /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || "";
    this.captions = new Captions(this.video);
    this.intervals = new Intervals();
    this.beats = new Beats({
      url: root.dataset.beatUrl,
      token: this.token,
      onAnswer: (answer, status) => this.answered(answer, status),
      onLine: (isUp) => this.note(isUp ? "" : this.text("Offline")),
    });
    this.seq = 0;
    this.wait();
    this.beats.send();
  }

  // Before play is pressed: the picture and the button.
  wait() {
    this.video.controls = false;
    this.find("play").hidden = this.find("controls").hidden = false;
    this.find("play").addEventListener("click", () => this.start());
    this.video.addEventListener("click", () => !this.isStarted && this.start());
    this.find("retry").addEventListener("click", () => this.start());
    const select = this.find("quality");
    select.value = this.remembered();
    if (select.selectedIndex < 0) select.value = "auto";
    select.addEventListener("change", () => this.choose(select.value));
    this.find("speed").addEventListener("change", (event) => this.setSpeed(Number(event.target.value)));
    document.addEventListener("keydown", (event) => this.key(event), true);
    this.root.addEventListener("player:seek", (event) => this.seek(event.detail));
  }

  remembered() {
    const saves = navigator.connection?.saveData || matchMedia("(prefers-reduced-data: reduce)").matches;
    const saver = this.root.querySelector("option[data-key=saver]")?.value ?? "auto";
    try {
      return localStorage.getItem(QUALITY) ?? (saves ? saver : "auto");
    } catch {
      return saves ? saver : "auto";
    }
  }

  // Play was pressed, here or beside a fault.
  async start() {
    if (!(await this.freshSource())) return;
    if (!this.isStarted) {
      this.position = this.wanted ?? this.source.position;
      this.listen();
    }
    this.draw(this.source.watched_ranges);
    this.video.controls = true;
    this.captions.suit();
    this.video.focus({ preventScroll: true });
    await this.attach({ isPlaying: true });
  }

  // A line of the transcript or a chapter was pressed.
  seek(second) {
    if (this.isStarted) {
      this.video.currentTime = second;
      this.video.play().catch(() => {});
    } else {
      this.wanted = second;
      this.start();
    }
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
    await this.flush();
    try {
      const response = await this.ask();
      if ([403, 404, 410].includes(response.status)) return this.fail(this.text("Gone"));
      if (!response.ok) throw new Error(response.status);
      this.source = await response.json();
    } catch {
      return this.fail(this.text("Failed"));
    }
    this.seq = 0;
    return true;
  }

  // What was watched so far is told under the session it was watched in, before another one is opened: the server then
  // says where to go on. On a line that hangs it stays kept, and play does not wait for it.
  async flush() {
    if (this.isStarted) {
      this.moved();
      this.intervals.stop();
      this.beat();
    }
    await Promise.race([this.beats.send(), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);
  }

  ask() {
    return fetch(this.root.dataset.playUrl, {
      method: "POST",
      headers: { "X-CSRFToken": this.token },
      redirect: "error",
    });
  }

  async attach({ isPlaying }) {
    const { position } = this;
    const quality = this.find("quality").value;
    this.hls?.destroy();
    this.hls = null;
    for (const source of this.video.querySelectorAll("source")) source.remove();
    const address = quality === "audio" ? this.source.audio : this.source.master;
    try {
      if (globalThis.MediaSource ?? globalThis.ManagedMediaSource) await this.attachHls(address, position, quality);
      else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.attachPlain(address, position, quality);
      else this.attachPlain(this.source.saver, position, quality);
    } catch {
      return this.fail(this.text("Failed"));
    }
    this.setSpeed(Number(this.find("speed").value));
    if (!isPlaying) return;
    try {
      await this.video.play();
    } catch {
      // The browser wants another press: its own controls are there.
    }
  }

  async attachHls(address, position, quality) {
    const { default: Hls } = await import(this.root.dataset.hls);
    const patient = { maxTimeToFirstByteMs: 30_000, maxLoadTimeMs: 90_000 };
    const retries = { maxNumRetry: 6, retryDelayMs: 1000, maxRetryDelayMs: 16_000 };
    const policy = { default: { ...patient, timeoutRetry: retries, errorRetry: retries } };
    this.hls = new Hls({
      workerPath: this.root.dataset.hlsWorker,
      startLevel: 0,
      startPosition: position,
      abrEwmaDefaultEstimate: 150_000,
      maxBufferLength: 120,
      backBufferLength: 60,
      capLevelToPlayerSize: quality === "auto",
      fragLoadPolicy: policy,
      // The words come beside the film, not in its playlists: the library is to leave them alone.
      subtitleTrackController: undefined,
      subtitleStreamController: undefined,
      timelineController: undefined,
    });
    this.hls.on(Hls.Events.ERROR, (_name, data) => this.trouble(Hls, data));
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.setLevel(quality));
    this.hls.loadSource(address);
    this.hls.attachMedia(this.video);
  }

  attachPlain(address, position, quality) {
    const isSaver = this.root.querySelector("option[data-key=saver]")?.value === quality;
    this.video.src = isSaver ? this.source.saver : address;
    this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = position), { once: true });
    // A browser that plays by itself does not say what the server answered.
    const hasExpired = () => Date.now() > this.source.expires * 1000;
    this.video.onerror = () => (hasExpired() ? this.renew() : this.fail(this.text("Failed")));
  }

  setLevel(quality) {
    const level = this.hls.levels.findIndex((candidate) => String(candidate.height) === quality);
    if (level >= 0) {
      this.hls.startLevel = level;
      this.hls.currentLevel = level;
    }
  }

  trouble(Hls, data) {
    if (!data.fatal) return;
    const code = data.response?.code;
    if (code === 403 || code === 410) {
      this.renew();
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !this.hasRecovered) {
      this.hasRecovered = true;
      this.hls.recoverMediaError();
    } else {
      this.fail(this.text(data.type === Hls.ErrorTypes.MEDIA_ERROR ? "Broken" : "Failed"));
    }
  }

  choose(quality) {
    try {
      localStorage.setItem(QUALITY, quality);
    } catch {
      // Not remembered, but chosen.
    }
    if (this.isStarted) this.attach({ isPlaying: !this.video.paused });
  }

  setSpeed(rate) {
    this.video.defaultPlaybackRate = this.video.playbackRate = rate;
    this.find("speed").value = String(rate);
    this.note(rate > COUNTED_RATE ? this.text("Fast") : "");
  }

  // --- what was watched ---
  listen() {
    this.isStarted = true;
    this.root.dataset.started = "";
    const { video } = this;
    video.addEventListener("playing", () => this.note(video.playbackRate > COUNTED_RATE ? this.text("Fast") : ""));
    video.addEventListener("timeupdate", () => this.moved());
    video.addEventListener("waiting", () => this.intervals.stop());
    video.addEventListener("seeking", () => {
      this.intervals.stop();
      this.stand();
    });
    for (const name of ["pause", "ended"]) {
      video.addEventListener(name, () => {
        this.moved();
        this.intervals.stop();
        this.beat();
      });
    }
    this.find("strip").addEventListener("click", (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      video.currentTime = ((event.clientX - box.left) / box.width) * video.duration;
    });
    // A little earlier or later each time, so that ten thousand players do not beat as one.
    setInterval(() => this.beat(), BEAT_MS * (0.9 + Math.random() * 0.2));
    document.addEventListener("visibilitychange", () => document.hidden && this.beat(true));
    addEventListener("pagehide", () => this.beat(true));
  }

  moved() {
    const { video } = this;
    this.stand();
    const isStill = video.seeking || video.readyState === video.HAVE_NOTHING;
    if (isStill || video.playbackRate > COUNTED_RATE) this.intervals.stop();
    else if (!video.paused || video.ended) this.intervals.at(video.currentTime, video.playbackRate);
  }

  // Remembers the second. Without a film to play, after a fault or between two addresses, the browser says 0.
  stand() {
    if (this.video.readyState === this.video.HAVE_NOTHING) return;
    this.position = this.video.currentTime;
    this.drawHead(this.position);
  }

  beat(isLeaving = false) {
    const intervals = this.intervals.take();
    const position = Math.round(this.position * 10) / 10;
    if (intervals.length || position !== this.lastPosition) {
      this.lastPosition = position;
      const { session } = this.source;
      this.beats.add({ session, seq: ++this.seq, intervals, position, rate: this.video.playbackRate });
    }
    if (isLeaving) this.beats.sendAsBeacon();
    else this.beats.send();
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
      if (response.ok) {
        this.source = { ...this.source, session: (await response.json()).session };
        this.seq = 0;
      }
    } catch {
      // The line is cut; the next beat asks again.
    }
  }

  // --- what is drawn ---
  draw(ranges) {
    const strip = this.find("strip");
    for (const bar of strip.querySelectorAll("rect:not([data-player-head])")) bar.remove();
    let seconds = 0;
    for (const [start, end] of ranges) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ x: start, y: 0, width: end - start, height: 6 })) {
        bar.setAttribute(name, value);
      }
      strip.prepend(bar);
      seconds += end - start;
    }
    const percent = Math.min(100, Math.floor((seconds / this.root.dataset.duration) * 100));
    const words = this.text("Counted").replace("#", percent);
    strip.setAttribute("aria-label", words);
    this.find("counted").textContent = words;
  }

  drawHead(second) {
    const head = this.find("head");
    head.setAttribute("x", second);
    head.setAttribute("width", Math.max(0.2, this.root.dataset.duration / 300));
  }

  note(words) {
    this.find("note").textContent = words ?? "";
  }

  // Returns false, for those who ask whether it went well.
  fail(words) {
    this.note("");
    this.hls?.destroy();
    this.hls = null;
    this.find("error").hidden = false;
    this.find("error").querySelector("p").textContent = words;
    return false;
  }

  // --- keys ---
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea, button, a, summary, [contenteditable]")) return;
    const act = this.keys()[event.key.toLowerCase()];
    if (!act || (event.key === " " && !this.isStarted)) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  keys() {
    const { video } = this;
    const jump = (seconds) => () => {
      if (this.isStarted) video.currentTime = Math.min(video.duration || 0, Math.max(0, video.currentTime + seconds));
    };
    const toggle = () => {
      if (!this.isStarted) this.start();
      else if (video.paused) video.play();
      else video.pause();
    };
    return {
      " ": toggle,
      k: toggle,
      j: jump(-10),
      l: jump(10),
      arrowleft: jump(-5),
      arrowright: jump(5),
      c: () => this.captions.toggle(),
      m: () => (video.muted = !video.muted),
      f: () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.()),
    };
  }
}

for (const root of document.querySelectorAll("[data-player]")) new Player(root);
