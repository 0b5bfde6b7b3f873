// [data-player-time]: writes the second at which the film stands into a field, where the cursor is.
const clock = (seconds) => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};
const stamp = (seconds) => new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23);

for (const button of document.querySelectorAll("[data-player-time]")) {
  const field = document.getElementById(button.dataset.playerTime);
  const video = document.querySelector("[data-player] video");
  if (!field || !video) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const words = button.dataset.form === "clock" ? `${clock(video.currentTime)} ` : stamp(video.currentTime);
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.focus();
  });
}
