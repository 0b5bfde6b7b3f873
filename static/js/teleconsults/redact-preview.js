// Plays a film as it will be once it is redacted: skips cuts, silences the sound, covers places.
export class Preview {
  constructor(root, video, overlay, marks) {
    this.video = video;
    this.overlay = overlay;
    this.marks = marks;
    this.note = root.querySelector("[data-redact-note]");
    this.words = { cut: root.dataset.textCut, silent: root.dataset.textSilent };
    const label = root.querySelector("[data-redact-preview]");
    this.choice = label.querySelector("input");
    label.hidden = false;
    this.choice.addEventListener("change", () => this.now());
    for (const name of ["timeupdate", "seeking", "play"]) video.addEventListener(name, () => this.now());
    video.addEventListener("playing", () => this.follow());
  }

  // Between the browser's own reports, which come four times a second, every frame is looked at.
  follow() {
    const step = () => {
      this.now();
      if (!this.video.paused) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  now() {
    const { video } = this;
    const at = video.currentTime;
    const marks = this.marks().filter((mark) => mark.start <= at && at < mark.end);
    this.overlay.show(marks.filter((mark) => mark.box).map((mark) => mark.box));
    const isOn = this.choice.checked;
    const isSilent = isOn && marks.some((mark) => mark.kind === "silence" || mark.kind === "beep");
    this.silence(isSilent);
    const cut = isOn && !video.paused && marks.find((mark) => mark.kind === "cut");
    if (cut) video.currentTime = Math.min(cut.end, video.duration || cut.end);
    this.say(cut ? this.words.cut : isSilent ? this.words.silent : "");
  }

  // Sound that the person has turned off stays off.
  silence(isSilent) {
    if (isSilent === Boolean(this.isSilenced)) return;
    if (isSilent) this.wasMuted = this.video.muted;
    this.video.muted = isSilent || this.wasMuted;
    this.isSilenced = isSilent;
  }

  say(words) {
    if (words === this.said || this.overlay.whenDrawn) return;
    this.said = words;
    this.note.textContent = words;
  }
}
