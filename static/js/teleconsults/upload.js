// [data-uploads]: sends a recording's form first and then its file, piece by piece, and goes on with one that was begun
// before, here or on another device. Without this script the form is sent as it is, with the file, in one go.
import { fingerprintOf, hashOf, isText } from "../video/file-facts.js";
import { csrfToken } from "../kernel/csrf.js";
import { Transfer } from "../video/transfer.js";

const root = document.querySelector("[data-uploads]");
const form = root?.querySelector("form[data-upload]");
const RETRY_MS = 3000;
const LONGEST_RETRY_MS = 60_000;
const AWAY = 503;
let transfer = null;
let arrived = ""; // how much, in words

if (form) {
  form.addEventListener("submit", submit);
  form.addEventListener("change", recognise);
  for (const item of root.querySelectorAll("[data-unfinished]")) offerToGoOn(item);
  find("pause").addEventListener("click", () => transfer?.pause());
  find("resume").addEventListener("click", () => transfer?.start());
}

function find(name) {
  return root.querySelector(`[data-upload-${name}]`);
}

// --- choosing a file -------------------------------------------------------------------------------------------------
function offerToGoOn(item) {
  const label = item.querySelector("[data-upload-again]");
  if (!label) return;
  label.hidden = false;
  const field = label.querySelector("input");
  field.addEventListener("change", async () => {
    const [file] = field.files;
    if (!file || transfer) return;
    const isSame = (await fingerprintOf(file, root.dataset.sha256)) === item.dataset.fingerprint;
    const error = item.querySelector("[data-unfinished-error]");
    error.textContent = root.dataset.textOther;
    error.hidden = isSame;
    field.value = "";
    if (isSame) goOn(item, file);
  });
}

// A file that was begun before goes on at once, unless somebody has begun to describe another session.
async function recognise({ target }) {
  if (!target.matches("[data-upload-file]") || !target.files[0] || transfer) return;
  if (form.elements.title?.value) return;
  const fingerprint = await fingerprintOf(target.files[0], root.dataset.sha256);
  const item = root.querySelector(`[data-unfinished][data-fingerprint="${fingerprint}"]`);
  if (item && item.querySelector("[data-upload-again]")) goOn(item, target.files[0]);
}

function goOn(item, file) {
  const { url, finish, title } = item.dataset;
  send(file, { tus: url, finish, title });
}

// What the browser can see at once, before anything crosses the line.
async function refusalOf(file) {
  if (file.size > Number(root.dataset.maxBytes)) return root.dataset.textBig;
  return (await isText(file)) ? root.dataset.textText : "";
}

// --- the form --------------------------------------------------------------------------------------------------------
async function submit(event) {
  const file = form.querySelector("[data-upload-file]")?.files[0];
  if (!file) return; // a film that has arrived already, or a mistake that the server explains
  event.preventDefault();
  if (transfer || !form.reportValidity()) return;
  fail("");
  setBusy(true);
  try {
    const refusal = await refusalOf(file);
    if (refusal) return fail(refusal);
    const body = await wordsAbout(file);
    const answer = await fetch(root.dataset.begin, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
    if (answer.status === 201) return send(file, { ...(await answer.json()), title: form.elements.title.value });
    if (answer.status === 422) return showMistakes(await answer.text());
    fail(answer.redirected || answer.status === 403 ? root.dataset.textSignedOut : root.dataset.textRefused);
  } catch {
    fail(root.dataset.textCut);
    setTimeout(() => form.requestSubmit(), RETRY_MS);
  } finally {
    setBusy(false);
  }
}

async function wordsAbout(file) {
  const words = new FormData(form);
  words.delete("file");
  words.delete("csrfmiddlewaretoken"); // it may be of before a new sign-in; the header holds today's
  words.set("file-name", file.name);
  words.set("file-length", file.size);
  words.set("file-fingerprint", await fingerprintOf(file, root.dataset.sha256));
  return words;
}

// The same file stays chosen, unless it was the mistake or has arrived.
function showMistakes(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("form[data-upload]");
  if (!fresh) return fail(root.dataset.textRefused);
  const chosen = form.querySelector("[data-upload-file]");
  form.replaceChildren(...fresh.childNodes);
  const field = form.querySelector("[data-upload-file]");
  if (field && chosen && !form.querySelector("[name=kept][value]") && !field.closest(".field--error")) field.replaceWith(chosen);
  form.querySelector(".field--error, [role=alert]")?.scrollIntoView({ block: "center" });
}

function fail(words) {
  const error = find("error");
  error.textContent = words;
  error.hidden = !words;
  if (words) error.scrollIntoView({ block: "center" });
}

function setBusy(isBusy) {
  form.querySelector("button[type=submit]").disabled = isBusy;
}

// --- sending ---------------------------------------------------------------------------------------------------------
async function send(file, { tus: url, finish, title }) {
  const hash = { value: "" };
  const reader = { library: root.dataset.sha256, worker: root.dataset.sha256Worker };
  hash.ready = hashOf(file, reader).then((value) => (hash.value = value));
  find("title").textContent = title || file.name;
  show("sending", root.dataset.textBegin);
  showSending(true);
  find("title").focus();
  const tus = await import(root.dataset.tus);
  transfer = new Transfer(tus, file, { url, hash, listener: { progress, state, arrived: () => complete(finish) } });
  transfer.start();
}

function showSending(isSending) {
  find("state").hidden = !isSending;
  form.hidden = isSending;
  const list = find("list");
  if (list) list.hidden = isSending;
}

function progress({ sent, total, speed }) {
  find("state").querySelector("progress").value = (sent / total) * 1000;
  arrived = filled("textSent", { sent: bytes(sent), total: bytes(total) });
  const words = [arrived];
  if (speed) words.push(filled("textSpeed", { speed: bytes(speed) }), filled("textLeft", { left: time((total - sent) / speed) }));
  find("words").textContent = words.join(" · ");
}

function state(name, text) {
  const said = { checking: "textCheck", cut: "textCut", locked: "textLocked", paused: "textPaused", "signed-out": "textSignedOut" };
  if (name !== "refused" && name !== "unreadable") return show(name, root.dataset[said[name]] ?? "");
  transfer = null;
  showSending(false);
  fail(name === "unreadable" ? root.dataset.textUnreadable : text || root.dataset.textRefused);
}

function show(name, words) {
  // Nothing moves: no speed, and no time left.
  if (name !== "sending") find("words").textContent = arrived;
  const isResting = name === "paused" || name === "signed-out";
  find("said").textContent = words;
  find("pause").hidden = isResting;
  find("resume").hidden = !isResting;
}

// All of it is there. A redirect leads to the recording, or back here with a sentence; else the form has mistakes.
async function complete(address, wait = RETRY_MS) {
  show("checking", root.dataset.textCheck);
  find("pause").hidden = true;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": csrfToken() } });
    if (answer.redirected) return location.assign(answer.url);
    if (answer.status >= 500) throw answer;
    transfer = null;
    showSending(false);
    if (answer.status === 422) return showMistakes(await answer.text());
    fail(answer.status === 403 ? root.dataset.textSignedOut : root.dataset.textRefused);
  } catch (trouble) {
    show("checking", root.dataset[trouble.status === AWAY ? "textAway" : "textCut"]);
    setTimeout(() => complete(address, Math.min(2 * wait, LONGEST_RETRY_MS)), wait);
  }
}

// --- words -----------------------------------------------------------------------------------------------------------
const filled = (name, values) => root.dataset[name].replace(/#(\w+)/g, (_all, key) => values[key]);

function bytes(count) {
  const [size, unit] = count < 1e6 ? [count / 1e3, "kB"] : count < 1e9 ? [count / 1e6, "MB"] : [count / 1e9, "GB"];
  const digits = size < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(size)}\u00a0${unit}`;
}

const time = (left) =>
  left < 90 ? root.dataset.textSeconds.replace("#", Math.ceil(left)) : root.dataset.textMinutes.replace("#", Math.ceil(left / 60));
