// details[data-slide-strip]: the pictures of a film with their moments, fetched when somebody wants to see them. A press on
// one tells `onChoice` its second.
import { clock } from "../video/times.js";

export class SlideStrip {
  constructor(details, onChoice) {
    Object.assign(this, { details, onChoice });
    details.addEventListener("toggle", () => details.open && !this.isLoaded && this.load());
  }

  async load() {
    try {
      const response = await fetch(this.details.dataset.slideStrip);
      if (!response.ok) throw new Error(response.status);
      const { slides } = await response.json();
      this.details.append(this.listOf(slides, response.url));
      this.isLoaded = true;
    } catch {
      // The line is cut: opened again, it tries again.
      this.details.open = false;
    }
  }

  listOf(slides, base) {
    const list = document.createElement("div");
    list.className = "slide-strip";
    for (const { at, file } of slides) {
      const button = document.createElement("button");
      const picture = new Image(160, 90);
      button.type = "button";
      picture.loading = "lazy";
      picture.alt = "";
      picture.src = new URL(file, base);
      button.append(picture, clock(at));
      button.addEventListener("click", () => this.onChoice(at));
      list.append(button);
    }
    return list;
  }
}
