// .tabs and .filters move sideways on a phone: bring the current one into view, without moving the page.
for (const row of document.querySelectorAll(".tabs, .filters")) {
  const current = row.querySelector("[aria-current], [aria-selected='true']");
  if (current && row.scrollWidth > row.clientWidth) {
    row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }
}
