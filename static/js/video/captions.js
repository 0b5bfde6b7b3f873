// The captions of a player: a menu of their languages. On where the sound is off, unless the person says otherwise on this
// page; who switches them on has them with every film, until they switch them off.
import { recalled, remember } from "./storage.js";

const CHOICE = "player-captions";

export class Captions {
  constructor(video, select) {
    this.video = video;
    this.select = select;
    this.chosen = recalled(CHOICE) === "on" || null;
    select.closest("label").hidden = !this.tracks.length;
    select.addEventListener("change", () => this.choose(select.value));
    video.addEventListener("volumechange", () => this.suit());
  }

  get tracks() {
    return [...this.video.textTracks].filter((track) => track.kind === "captions");
  }

  // Called when play begins, and when the sound is switched off or on.
  suit() {
    const isSilent = this.video.muted || this.video.volume === 0;
    this.#show(this.chosen ?? isSilent ? this.select.value || this.#own : "");
  }

  toggle() {
    this.choose(this.select.value ? "" : this.#own);
  }

  // By a person: a language, or "" for none.
  choose(language) {
    this.chosen = Boolean(language);
    remember(CHOICE, language ? "on" : "off");
    this.#show(language);
  }

  // The page's language where there is one, else what there is.
  get #own() {
    const { lang } = document.documentElement;
    return (this.tracks.find((track) => track.language === lang) ?? this.tracks[0])?.language ?? "";
  }

  #show(language) {
    this.select.value = language;
    for (const track of this.tracks) track.mode = track.language === language ? "showing" : "disabled";
  }
}
