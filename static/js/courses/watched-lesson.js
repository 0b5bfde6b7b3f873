// Says "done" as soon as the server has counted enough of the recording; without script a reload says it.
// <div data-watched-lesson="0.9"> with [data-before], [data-after hidden] and the link [data-next].

for (const place of document.querySelectorAll("[data-watched-lesson]")) {
  const required = Number(place.dataset.watchedLesson);
  document.addEventListener("player:watched", (event) => {
    if (!(event.detail.coverage >= required)) return;
    place.querySelector("[data-before]").hidden = true;
    place.querySelector("[data-after]").hidden = false;
    place.querySelector("[data-next]").classList.remove("button--quiet");
  });
}
