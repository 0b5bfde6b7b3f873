// The menu of what can be played, with its cost. The choice is remembered; without one, who saves data gets the slides.
import { recalled, remember } from "./storage.js";

const KEY = "player-quality";

export const savesData = () =>
  Boolean(navigator.connection?.saveData) || matchMedia("(prefers-reduced-data: reduce)").matches;

export class Quality {
  constructor(select, onChoice) {
    this.select = select;
    const wishes = [recalled(KEY) ?? (savesData() ? "slides" : "auto")];
    // A film without slides, or not in the quality that was chosen for another one.
    if (wishes[0] === "slides") wishes.push("saver");
    select.value = [...wishes, "auto"].find((wish) => this.has(wish));
    select.addEventListener("change", () => {
      remember(KEY, select.value);
      onChoice();
    });
  }

  get value() {
    return this.select.value;
  }

  // Lines of the picture that was chosen; NaN where the line decides, or there is none.
  get height() {
    return Number(this.select.selectedOptions[0].dataset.height ?? NaN);
  }

  get hasFilm() {
    return !["slides", "audio"].includes(this.value);
  }

  has(value) {
    return [...this.select.options].some((option) => option.value === value);
  }

  choose(value) {
    this.select.value = value;
    this.select.dispatchEvent(new Event("change"));
  }
}
