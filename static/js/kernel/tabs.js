// [data-tabs]: links to the parts of a page become tabs; without this script they jump to them.
// `data-tabs` names the element that holds the parts.
class Tabs {
  constructor(list) {
    this.links = [...list.querySelectorAll("a")];
    this.panels = this.links.map((link) => document.getElementById(link.hash.slice(1)));
    list.role = "tablist";
    for (const [index, link] of this.links.entries()) {
      link.role = "tab";
      link.id ||= `${this.panels[index].id}-tab`;
      link.setAttribute("aria-controls", this.panels[index].id);
      this.panels[index].role = "tabpanel";
      this.panels[index].setAttribute("aria-labelledby", link.id);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.open(index);
      });
      link.addEventListener("keydown", (event) => this.key(event, index));
    }
    const named = this.panels.findIndex((panel) => `#${panel.id}` === location.hash);
    this.open(Math.max(0, named));
    document.getElementById(list.dataset.tabs).dataset.ready = "";
  }

  open(chosen) {
    for (const [index, link] of this.links.entries()) {
      const isOpen = index === chosen;
      link.setAttribute("aria-selected", isOpen);
      link.tabIndex = isOpen ? 0 : -1;
      this.panels[index].toggleAttribute("data-open", isOpen);
    }
  }

  key(event, index) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (index + step + this.links.length) % this.links.length;
    this.open(next);
    this.links[next].focus();
  }
}

for (const list of document.querySelectorAll("[data-tabs]")) new Tabs(list);
