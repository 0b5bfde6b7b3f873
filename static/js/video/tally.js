// What was watched, told to the server every twenty seconds, at every stop, and when the page goes away.
import { Beats } from "./beats.js";
import { Intervals } from "./intervals.js";

const BEAT_MS = 20_000;
const FLUSH_MS = 4000;
export const COUNTED_RATE = 1.5;

export class Tally {
  #intervals = new Intervals();
  #seq = 0;
  #session = "";
  #toldPosition;

  constructor(video, { onAnswer, ...told }) {
    this.video = video;
    this.position = 0;
    this.beats = new Beats({ ...told, onAnswer: (...answer) => this.#renew(...answer) ?? onAnswer(...answer) });
    this.beats.send();
  }

  // Beats from here on belong to this watch session.
  open(session) {
    this.#session = session;
    this.#seq = 0;
  }

  // The right to play was looked at: the next beats need not ask. One kept from before belongs to another session.
  #renew(answer, _status, beat) {
    if (answer?.session && beat.session === this.#session) this.#session = answer.session;
  }

  // Playing has begun, at `position`; once a page.
  begin(position) {
    this.position = position;
    this.hasBegun = true;
    const { video } = this;
    video.addEventListener("timeupdate", () => this.#moved());
    video.addEventListener("waiting", () => this.#intervals.stop());
    video.addEventListener("seeking", () => {
      this.#intervals.stop();
      this.#stand();
    });
    for (const name of ["pause", "ended"]) video.addEventListener(name, () => this.#stopped());
    // A little earlier or later each time, so that ten thousand players do not beat as one.
    setInterval(() => this.#beat(), BEAT_MS * (0.9 + Math.random() * 0.2));
    document.addEventListener("visibilitychange", () => document.hidden && this.#beat({ isLeaving: true }));
    addEventListener("pagehide", () => this.#beat({ isLeaving: true }));
  }

  // What was watched so far is told under the session it was watched in, before another one is opened: the server then
  // says where to go on. On a line that hangs it stays kept, and play does not wait for it.
  async flush() {
    if (this.hasBegun) this.#stopped();
    await Promise.race([this.beats.send(), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);
  }

  #moved() {
    const { video } = this;
    this.#stand();
    const isStill = video.seeking || video.readyState === video.HAVE_NOTHING;
    if (isStill || video.playbackRate > COUNTED_RATE) this.#intervals.stop();
    else if (!video.paused || video.ended) this.#intervals.at(video.currentTime, video.playbackRate);
  }

  #stopped() {
    this.#moved();
    this.#intervals.stop();
    this.#beat();
  }

  // Remembers the second. Without a film to play, after a fault or between two addresses, the browser says 0.
  #stand() {
    if (this.video.readyState !== this.video.HAVE_NOTHING) this.position = this.video.currentTime;
  }

  #beat({ isLeaving = false } = {}) {
    const intervals = this.#intervals.take();
    const position = Math.round(this.position * 10) / 10;
    if (intervals.length || position !== this.#toldPosition) {
      this.#toldPosition = position;
      const rate = this.video.playbackRate;
      this.beats.add({ session: this.#session, seq: ++this.#seq, intervals, position, rate });
    }
    if (isLeaving) this.beats.sendAsBeacon();
    else this.beats.send();
  }
}
