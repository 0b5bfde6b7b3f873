// Says in words that a passkey was not read: shows [data-passkey-error] when allauth reports a fault.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const notice of document.querySelectorAll("[data-passkey-error]")) {
    notice.hidden = true;
    requestAnimationFrame(() => (notice.hidden = false));
  }
});
