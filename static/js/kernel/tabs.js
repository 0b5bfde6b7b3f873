// .tabs[data-tabs] holds links to #panels. Without script they jump; with it they become tabs (arrows, Home, End), and the
// open one stands in the address.
for (const list of document.querySelectorAll("[data-tabs]")) {
  const tabs = [...list.querySelectorAll("a[href^='#']")];
  const panelOf = (tab) => document.getElementById(tab.hash.slice(1));

  const select = (chosen, { focus = false } = {}) => {
    for (const tab of tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      panelOf(tab).hidden = !on;
    }
    if (focus) chosen.focus();
  };

  list.setAttribute("role", "tablist");
  tabs.forEach((tab, index) => {
    const panel = panelOf(tab);
    tab.id ||= `${panel.id}-tab`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(history.state, "", tab.hash);
      select(tab);
    });
    tab.addEventListener("keydown", (event) => {
      const goal = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (goal === undefined) return;
      event.preventDefault();
      select(tabs[(goal + tabs.length) % tabs.length], { focus: true });
    });
  });
  select(tabs.find((tab) => tab.hash === location.hash) ?? tabs[0]);
}
