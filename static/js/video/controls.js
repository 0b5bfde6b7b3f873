// The buttons under the film, and the keys.
import { clock } from "./times.js";

const IDLE_MS = 3000;
const TYPING = "input:not([data-player-range]), select, textarea, [contenteditable]";
// These have a use of their own for the space bar and the arrows.
const PRESSED = "button, a, summary";

export class Controls {
  // `acts` has toggle(), seekBy(seconds) and captions().
  constructor(root, video, acts) {
    Object.assign(this, { root, video, acts });
    this.find = (name) => root.querySelector(`[data-player-${name}]`);
    video.controls = false;
    this.find("controls").hidden = false;
    this.#playing();
    this.#sound();
    this.#fullScreen();
    this.#smallWindow();
    document.addEventListener("keydown", (event) => this.#key(event), true);
  }

  // There is a moving picture, or there is none (slides, sound only).
  set hasFilm(has) {
    this.find("pip").disabled = !has;
    if (!has && document.pictureInPictureElement === this.video) document.exitPictureInPicture();
  }

  stand(second, duration) {
    this.find("clock").textContent = `${clock(second)} / ${clock(duration)}`;
  }

  #playing() {
    const { video } = this;
    this.find("toggle").addEventListener("click", () => this.acts.toggle());
    video.addEventListener("click", () => this.acts.toggle());
    for (const name of ["play", "pause", "ended", "emptied"]) {
      video.addEventListener(name, () => this.root.toggleAttribute("data-playing", !video.paused && !video.ended));
    }
  }

  #sound() {
    const { video } = this;
    const volume = this.find("volume");
    this.find("sound").addEventListener("click", () => this.#mute());
    volume.addEventListener("input", () => {
      video.volume = Number(volume.value);
      video.muted = false;
    });
    const heard = () => {
      this.root.toggleAttribute("data-silent", video.muted || video.volume === 0);
      volume.value = video.muted ? 0 : video.volume;
    };
    video.addEventListener("volumechange", heard);
    heard();
  }

  #mute() {
    const { video } = this;
    if (video.volume === 0) video.volume = 1;
    else video.muted = !video.muted;
  }

  // The whole player fills the screen, so that what lies over the film does too; a phone that cannot, fills it with the film.
  #fullScreen() {
    const button = this.find("full");
    button.hidden = !(document.fullscreenEnabled || this.video.webkitEnterFullscreen);
    button.addEventListener("click", () => this.#toggleFullScreen());
    const awake = () => {
      this.root.removeAttribute("data-idle");
      clearTimeout(this.idle);
      this.idle = setTimeout(() => this.root.toggleAttribute("data-idle", !this.video.paused), IDLE_MS);
    };
    for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) this.root.addEventListener(name, awake);
    document.addEventListener("fullscreenchange", awake);
  }

  #toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (document.fullscreenEnabled) this.root.requestFullscreen();
    else this.video.webkitEnterFullscreen?.();
  }

  #smallWindow() {
    const button = this.find("pip");
    button.hidden = !document.pictureInPictureEnabled;
    button.addEventListener("click", async () => {
      try {
        if (document.pictureInPictureElement) await document.exitPictureInPicture();
        else await this.video.requestPictureInPicture();
      } catch {
        // No picture yet, or the browser will not.
      }
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
    if (event.target.closest?.(PRESSED) && !/^[a-z]$/i.test(event.key)) return;
    const act = this.#keys[event.key.toLowerCase()];
    if (!act || (event.key === " " && !this.root.hasAttribute("data-started"))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #keys = {
    " ": () => this.acts.toggle(),
    k: () => this.acts.toggle(),
    j: () => this.acts.seekBy(-10),
    l: () => this.acts.seekBy(10),
    arrowleft: () => this.acts.seekBy(-5),
    arrowright: () => this.acts.seekBy(5),
    c: () => this.acts.captions(),
    m: () => this.#mute(),
    f: () => this.#toggleFullScreen(),
  };
}
