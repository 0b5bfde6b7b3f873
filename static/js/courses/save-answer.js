// Saves a quiz answer as soon as it is chosen, and tries again when the network comes back.
// <form data-save-answer data-saving data-saved data-waiting> with an element [data-status]; without script its buttons save.

const RETRY_MS = 5000;

function bind(form) {
  const status = form.querySelector("[data-status]");
  let running = false;
  let dirty = false;
  let timer = 0;

  async function save() {
    if (running) return;
    running = true;
    dirty = false;
    clearTimeout(timer);
    status.textContent = form.dataset.saving;
    const body = new FormData(form);
    body.set("go", "stay");
    try {
      const answer = await fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" });
      if (answer.status === 204) {
        status.textContent = form.dataset.saved;
      } else if (answer.status === 409) {
        status.textContent = await answer.text();
      } else {
        status.textContent = "";
      }
    } catch {
      dirty = true;
      status.textContent = form.dataset.waiting;
      timer = setTimeout(save, RETRY_MS);
      running = false;
      return;
    }
    running = false;
    if (dirty) save();
  }

  form.addEventListener("change", () => {
    dirty = true;
    save();
  });
  window.addEventListener("online", () => {
    if (dirty) save();
  });
}

for (const form of document.querySelectorAll("form[data-save-answer]")) bind(form);
