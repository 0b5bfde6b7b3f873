// The theme buttons of the menu: [data-theme-choice="system|light|dark"], shown only where there is script.
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-theme-choice]");

function show() {
  const current = root.dataset.theme || "system";
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current));
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    const choice = button.dataset.themeChoice;
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    try {
      if (choice === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    } catch {
      // Not remembered, but it holds for this page.
    }
    show();
  });
}
for (const holder of document.querySelectorAll("[data-theme-switch]")) holder.hidden = false;
show();
