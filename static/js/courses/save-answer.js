// Saves a quiz answer as soon as it is chosen. While the network or the server is away it tries again; when the session has
// ended it says so, keeps the answer on the page, and saves it after the person has signed in elsewhere and comes back.
// <form data-save-answer data-saving data-saved data-waiting> with elements [data-status] and [data-signed-out hidden];
// without script its buttons save.

const RETRY_MS = 5000;
const SIGNED_OUT_RETRY_MS = 30_000;
const TOKEN = "csrfmiddlewaretoken";

function bind(form) {
  const status = form.querySelector("[data-status]");
  const signedOut = form.querySelector("[data-signed-out]");
  let running = false;
  let dirty = false;
  let timer = 0;

  // Signing in gives the browser a new token: the one in this form is refused from then on.
  async function renewToken() {
    const page = await fetch(form.action, { redirect: "manual", cache: "no-store" });
    if (page.status !== 200) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector(`[name=${TOKEN}]`);
    if (fresh) form.elements[TOKEN].value = fresh.value;
  }

  // What became of the answer: "saved", "refused" for good, "signed out", or "waiting".
  async function send() {
    if (!signedOut.hidden) await renewToken();
    const body = new FormData(form);
    body.set("go", "stay");
    const answer = await fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" });
    if (answer.status === 204) return "saved";
    if (answer.type === "opaqueredirect" || answer.status === 403) return "signed out";
    if (answer.status >= 500 || answer.status === 429) return "waiting";
    status.textContent = answer.status === 409 ? await answer.text() : "";
    return "refused";
  }

  async function save() {
    if (running) return;
    running = true;
    dirty = false;
    clearTimeout(timer);
    if (signedOut.hidden) status.textContent = form.dataset.saving;
    const outcome = await send().catch(() => "waiting");
    running = false;
    // While the server is away nobody knows whether the person is still signed out: what was said stays.
    if (outcome !== "waiting") signedOut.hidden = outcome !== "signed out";
    if (outcome === "saved") status.textContent = form.dataset.saved;
    if (outcome === "signed out") status.textContent = "";
    if (outcome === "waiting" && signedOut.hidden) status.textContent = form.dataset.waiting;
    if (outcome === "signed out" || outcome === "waiting") {
      dirty = true;
      timer = setTimeout(save, signedOut.hidden ? RETRY_MS : SIGNED_OUT_RETRY_MS);
    } else if (dirty) {
      save();
    }
  }

  function saveIfDirty() {
    if (dirty && !document.hidden) save();
  }

  form.addEventListener("change", () => {
    dirty = true;
    save();
  });
  // Going on would lead to the sign-in page, and the answer would be gone.
  form.addEventListener("submit", (event) => {
    if (signedOut.hidden) return;
    event.preventDefault();
    signedOut.querySelector("a").focus();
    dirty = true;
    save();
  }, true);
  window.addEventListener("online", saveIfDirty);
  window.addEventListener("focus", saveIfDirty);
  document.addEventListener("visibilitychange", saveIfDirty);
}

for (const form of document.querySelectorAll("form[data-save-answer]")) bind(form);
