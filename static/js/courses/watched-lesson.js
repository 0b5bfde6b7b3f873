// Says "done" as soon as the server has counted enough of the recording and the questions that it needs answered are;
// without script a reload says it.
// <div data-watched-lesson="0.9" data-coverage="0.4"> with [data-before], [data-after hidden] and the link [data-next];
// what is still to be answered stands elsewhere on the page, as [data-missing].

for (const place of document.querySelectorAll("[data-watched-lesson]")) {
  const required = Number(place.dataset.watchedLesson);
  let coverage = Number(place.dataset.coverage);

  function look() {
    const isAnswered = !document.querySelector("[data-decision][data-missing]");
    if (isAnswered) place.querySelector("[data-missing-answers]")?.remove();
    if (!isAnswered || coverage < required) return;
    place.querySelector("[data-before]").hidden = true;
    place.querySelector("[data-after]").hidden = false;
    place.querySelector("[data-next]").classList.remove("button--quiet");
  }

  document.addEventListener("player:watched", (event) => {
    coverage = event.detail.coverage ?? coverage;
    look();
  });
  document.addEventListener("decisions:answered", look);
}
