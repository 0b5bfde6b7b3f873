// form[data-bulk]: [data-bulk-all], hidden until there is something to tick, ticks every [data-bulk-row];
// [data-bulk-count] tells how many; the bar [data-bulk-bar] shows when there are some. Without script the bar always
// shows.
for (const form of document.querySelectorAll("[data-bulk]")) {
  const all = form.querySelector("[data-bulk-all]");
  const rows = [...form.querySelectorAll("[data-bulk-row]")];
  const bar = form.querySelector("[data-bulk-bar]");
  let last = null;

  const show = () => {
    const count = rows.filter((row) => row.checked).length;
    for (const place of form.querySelectorAll("[data-bulk-count]")) place.textContent = count;
    if (bar) bar.hidden = count === 0;
    if (all) {
      all.checked = count > 0 && count === rows.length;
      all.indeterminate = count > 0 && count < rows.length;
    }
  };

  if (all) all.hidden = rows.length === 0;
  all?.addEventListener("change", () => {
    for (const row of rows) row.checked = all.checked;
    show();
  });
  rows.forEach((row, index) => {
    row.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(index, last), Math.max(index, last)];
        for (const other of rows.slice(from, to + 1)) other.checked = row.checked;
      }
      last = index;
      show();
    });
  });
  show();
}
