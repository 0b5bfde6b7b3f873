// Sends what was watched, in order, and keeps it in the browser until the server has it: through a cut line, and
// through a closed page, and a sign-in that has ended. A beat that arrives twice counts once, so that sending again is safe.
import { csrfToken } from "../kernel/csrf.js";

const KEPT = 60;
// Until somebody has signed in again, or the server has caught its breath.
const WAITS = new Set([401, 403, 429]);

export class Beats {
  #key;
  #queue;
  #sending = null;

  // `token` is the page's; `person` whose beats these are, since several may use one browser.
  constructor({ url, token, person, onAnswer, onLine }) {
    Object.assign(this, { url, token, onAnswer, onLine });
    this.#key = `beats:${person}:${url}`;
    this.#queue = this.#read();
    addEventListener("online", () => this.send());
  }

  add(beat) {
    this.#queue.push(beat);
    this.#queue = this.#queue.slice(-KEPT);
    this.#write();
  }

  // Settles when everything is sent, or nothing more can be sent for now.
  send() {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll() {
    try {
      while (this.#queue.length) {
        const [beat] = this.#queue;
        const response = await fetch(this.url, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(this.token) },
          body: JSON.stringify(beat),
          redirect: "error",
        });
        if (response.status >= 500 || WAITS.has(response.status)) break;
        this.#queue.shift();
        this.#write();
        this.onLine(true);
        // Refused ones are dropped: the server has counted them as such, and they do not get better with time.
        this.onAnswer(response.ok ? await response.json() : null, response.status, beat);
      }
    } catch {
      this.onLine(false);
    }
  }

  // The page is going away: a beacon cannot say whether it arrived, so that the beats stay kept as well.
  sendAsBeacon() {
    for (const beat of this.#queue) {
      const form = new FormData();
      form.set("beat", JSON.stringify(beat));
      form.set("csrfmiddlewaretoken", csrfToken(this.token));
      navigator.sendBeacon(this.url, form);
    }
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]");
    } catch {
      return [];
    }
  }

  #write() {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#queue));
    } catch {
      // A browser without storage keeps the beats as long as the page is open.
    }
  }
}
