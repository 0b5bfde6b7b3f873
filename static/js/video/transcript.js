// [data-seek]: a press plays the film from that second. [data-lines]: the line at which the film stands is marked and kept
// in sight. [data-transcript]: a search in such lines, with and without tone marks.
const player = document.querySelector("[data-player]");

document.addEventListener("click", (event) => {
  const line = event.target.closest("[data-seek]");
  if (!line || !player) return;
  event.preventDefault();
  player.dispatchEvent(new CustomEvent("player:seek", { detail: Number(line.dataset.seek) }));
});

const plain = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
const folded = (text) => plain(text).normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d");

class Lines {
  constructor(list) {
    this.list = list;
    this.lines = [...list.children].map((row) => ({ row, at: Number(row.querySelector("[data-seek]").dataset.seek) }));
    player?.querySelector("video").addEventListener("timeupdate", (event) => this.follow(event.target.currentTime));
  }

  follow(second) {
    const spoken = this.lines.findLast((line) => line.at <= second + 0.05);
    if (spoken === this.spoken) return;
    this.spoken?.row.removeAttribute("aria-current");
    this.spoken = spoken;
    spoken?.row.setAttribute("aria-current", "true");
    if (!spoken || spoken.row.hidden || this.list.contains(document.activeElement)) return;
    this.list.scrollTop = spoken.row.offsetTop - this.list.offsetTop - this.list.clientHeight / 3;
  }
}

class Transcript {
  constructor(root) {
    this.root = root;
    this.lines = [...root.querySelector("ol").children].map((row) => ({
      row,
      plain: plain(row.textContent),
      folded: folded(row.textContent),
    }));
    this.search = root.querySelector("[data-transcript-search]");
    this.search.closest("[hidden]").hidden = false;
    this.search.addEventListener("input", () => this.find(this.search.value));
  }

  // Words typed without marks find them with any; words typed with marks want these.
  find(words) {
    const key = folded(words) === plain(words) ? "folded" : "plain";
    const wanted = plain(words);
    let found = 0;
    for (const line of this.lines) {
      line.row.hidden = !line[key].includes(wanted);
      found += !line.row.hidden;
    }
    this.root.querySelector("[data-transcript-found]").textContent = wanted
      ? this.root.dataset[found ? "textFound" : "textNone"].replace("#", found)
      : "";
  }
}

for (const list of document.querySelectorAll("[data-lines]")) new Lines(list);
for (const root of document.querySelectorAll("[data-transcript]")) new Transcript(root);
