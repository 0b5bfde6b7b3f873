// button[data-playhead="id of a field"]: writes the moment at which the film stands into the field.
import { moment } from "../video/times.js";
import { standsAt } from "./standing.js";

const player = document.querySelector("[data-player]");
const video = player?.querySelector("video");

for (const button of document.querySelectorAll("[data-playhead]")) {
  const field = document.getElementById(button.dataset.playhead);
  if (!video || !field) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    video.pause();
    field.value = moment(Math.round(standsAt(player) * 10) / 10);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
