// Where a film stands, in seconds. Before it is first played the browser says 0; it will begin where the person stopped.
export function standsAt(player) {
  if (player.hasAttribute("data-started")) return player.querySelector("video").currentTime;
  return Number(player.querySelector("[data-player-range]").defaultValue);
}
