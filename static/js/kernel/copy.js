// button[data-copies="id"] copies the text of the element; it shows only where the browser allows it.
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    await navigator.clipboard.writeText((source.value ?? source.innerText).trim());
    const said = button.querySelector("[data-copied]");
    if (said) said.hidden = false;
  });
}
