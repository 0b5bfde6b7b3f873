// Sets the remembered theme before the first paint. A classic script in <head>, on purpose: a module would run too late.
(function () {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is refused: the system's preference rules.
  }
  document.documentElement.dataset.script = "";
})();
