// The captions of a player: on where the sound is off, unless the person says otherwise on this page; who switches them on
// has them with every film, until they switch them off.
const CHOICE = "player-captions";

const isWanted = () => {
  try {
    return localStorage.getItem(CHOICE) === "on";
  } catch {
    return false;
  }
};

export class Captions {
  constructor(video) {
    this.video = video;
    this.chosen = isWanted() || null;
    this.expected = false;
    video.addEventListener("volumechange", () => this.suit());
    // The browser's own menu.
    video.textTracks.addEventListener("change", () => this.isShown !== this.expected && this.choose(this.isShown));
  }

  get tracks() {
    return [...this.video.textTracks].filter((track) => track.kind === "captions");
  }

  get isShown() {
    return this.tracks.some((track) => track.mode === "showing");
  }

  // Called when play begins, and when the sound is switched off or on.
  suit() {
    const isSilent = this.video.muted || this.video.volume === 0;
    this.show(this.chosen ?? isSilent);
  }

  toggle() {
    this.choose(!this.isShown);
  }

  choose(isShown) {
    this.chosen = isShown;
    try {
      if (isShown) localStorage.setItem(CHOICE, "on");
      else localStorage.removeItem(CHOICE);
    } catch {
      // Not remembered, but chosen.
    }
    if (isShown !== this.isShown) this.show(isShown);
    this.expected = isShown;
  }

  // In the page's language where there are some, else in what there is.
  show(isShown) {
    const { tracks } = this;
    if (isShown === this.isShown || !tracks.length) return;
    const own = tracks.find((track) => track.language === document.documentElement.lang) ?? tracks[0];
    for (const track of tracks) track.mode = isShown && track === own ? "showing" : "disabled";
    this.expected = isShown;
  }
}
