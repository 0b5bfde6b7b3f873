// form[data-sign-out]: nothing that was typed and not saved stays in this browser for who comes next.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-sign-out]")) return;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
  } catch {
    // A browser without storage has kept nothing.
  }
});
