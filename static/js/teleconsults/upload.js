// form[data-upload]: sends the form with a bar that moves, says what is left, and keeps what was typed when the line is
// cut. Without this script the form is sent as it is.
const form = document.querySelector("form[data-upload]");
if (form) form.addEventListener("submit", submit);

let request = null;

async function submit(event) {
  event.preventDefault();
  const file = form.querySelector("[data-upload-file]").files[0];
  const refusal = file && (await refusalOf(file));
  if (refusal) return fail(refusal);
  if (request || !form.reportValidity()) return;
  fail("");
  request = new XMLHttpRequest();
  const started = Date.now();
  request.upload.addEventListener("progress", ({ loaded, total }) => show(loaded, total, started));
  request.upload.addEventListener("load", () => (find("words").textContent = form.dataset.textSent));
  request.addEventListener("load", () => finish(request));
  request.addEventListener("error", () => fail(form.dataset.textCut));
  request.addEventListener("abort", () => fail(""));
  request.open("POST", form.action || location.href);
  request.responseType = "document";
  addEventListener("beforeunload", ask);
  setBusy(true);
  request.send(new FormData(form));
}

find("cancel")?.addEventListener("click", () => request?.abort());

function find(name) {
  return form?.querySelector(`[data-upload-${name}]`);
}

// What the browser can see at once, before anything crosses the line.
async function refusalOf(file) {
  if (file.size > Number(form.dataset.maxBytes)) return form.dataset.textBig;
  const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    if (text && !/[\u0000-\u0008\u000e-\u001f]/.test(text)) return form.dataset.textText;
  } catch {
    // Not text: that is what a recording looks like.
  }
  return "";
}

function show(sent, total, started) {
  form.querySelector("progress").value = (sent / total) * 1000;
  const left = ((Date.now() - started) / 1000) * (total / sent - 1);
  const words = left < 90 ? form.dataset.textSeconds : form.dataset.textMinutes;
  find("words").textContent = form.dataset.textProgress
    .replace("#sent", megabytes(sent))
    .replace("#total", megabytes(total))
    .replace("#left", words.replace("#", Math.ceil(left < 90 ? left : left / 60)));
}

const megabytes = (bytes) =>
  new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: bytes < 1e7 ? 1 : 0 }).format(bytes / 1e6) + " MB";

// A redirect means that it was taken; otherwise the answer is the form with its mistakes.
function finish(answer) {
  removeEventListener("beforeunload", ask);
  const page = answer.response;
  const arrived = new URL(answer.responseURL || location.href);
  if (answer.status < 300 && arrived.pathname !== location.pathname) return location.assign(arrived);
  const fresh = answer.status === 422 && page?.querySelector("form[data-upload]");
  if (!fresh) return fail(form.dataset.textRefused);
  const kept = form.querySelector("[data-upload-file]");
  form.replaceChildren(...fresh.childNodes);
  const field = form.querySelector("[data-upload-file]");
  // The same file stays chosen, unless it was the mistake or has arrived.
  if (field && !form.querySelector("[name=kept][value]") && !field.closest(".field--error")) field.replaceWith(kept);
  find("cancel")?.addEventListener("click", () => request?.abort());
  setBusy(false);
  form.querySelector(".field--error, [role=alert]")?.scrollIntoView({ block: "center" });
}

function fail(words) {
  setBusy(false);
  find("error").textContent = words;
  find("error").hidden = !words;
}

function setBusy(isBusy) {
  if (!isBusy) {
    request = null;
    removeEventListener("beforeunload", ask);
  }
  find("state").hidden = !isBusy;
  find("cancel").hidden = !isBusy;
  form.querySelector("button[type=submit]").disabled = isBusy;
}

function ask(event) {
  event.preventDefault();
}
