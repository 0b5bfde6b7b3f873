// Which seconds of a film were really shown: fed with the player's moments, gives intervals. No DOM, no clock.
const STEP_S = 3; // between two reports of a playing film, at normal speed

export class Intervals {
  #shown = [];
  #start = null;
  #last = null;

  // The film stands at `second` and plays at `rate`; a jump closes the interval.
  at(second, rate) {
    const isOn = this.#last !== null && second >= this.#last && second - this.#last <= STEP_S * Math.max(1, rate);
    if (!isOn) {
      this.stop();
      this.#start = second;
    }
    this.#last = second;
  }

  // Paused, sought, ended: what comes next does not join on.
  stop() {
    if (this.#start !== null && this.#last > this.#start) this.#shown.push([round(this.#start), round(this.#last)]);
    this.#start = this.#last = null;
  }

  // What was shown since the last call; playing goes on where it was.
  take() {
    const [start, last] = [this.#start, this.#last];
    this.stop();
    const taken = this.#shown;
    this.#shown = [];
    if (start !== null) this.#start = this.#last = last;
    return taken;
  }
}

const round = (second) => Math.round(second * 1000) / 1000;
