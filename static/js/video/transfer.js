// Sends a file to an upload that the server has begun, by the tus protocol, until all of it is there: a line that is cut,
// a server that is away, or another window that sends the same file is waited out. Tells `listener` what happens:
// progress({sent, total, speed}), state(name, text) with "sending", "checking", "cut", "locked", "paused", "signed-out",
// "unreadable" or "refused" (the last two are for good), and arrived().
import { csrfToken } from "../kernel/csrf.js";

const SMALLEST_PIECE = 256 * 1024;
const LARGEST_PIECE = 8 * 1024 * 1024;
// What a cut costs at most, where the server or what stands before it takes whole pieces.
const PIECE_S = 10;
const WAITS_S = [1, 2, 4, 8, 15, 30];
const SPEED_OVER_S = 15;

export class Transfer {
  constructor(tus, file, { url, hash, listener }) {
    this.file = file;
    this.hash = hash;
    this.listener = listener;
    this.failures = 0;
    this.isWaiting = false;
    this.timer = 0;
    this.samples = [];
    this.upload = new tus.Upload(file, {
      uploadUrl: url,
      chunkSize: SMALLEST_PIECE,
      // Waiting is ours, and the server keeps the list.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: (request) => this.prepare(request),
      onProgress: (sent, total) => this.progress(sent, total),
      onChunkComplete: (size) => this.adapt(size),
      onError: (error) => this.fail(error),
      onSuccess: () => this.succeed(),
    });
    this.back = () => this.wake();
  }

  start() {
    clearTimeout(this.timer);
    this.isWaiting = false;
    this.samples = [];
    addEventListener("online", this.back);
    this.listener.state("sending");
    this.upload.start();
  }

  pause() {
    this.rest();
    this.upload.abort();
    this.listener.state("paused");
  }

  rest() {
    clearTimeout(this.timer);
    this.isWaiting = false;
    removeEventListener("online", this.back);
  }

  async prepare(request) {
    request.setHeader("X-CSRFToken", csrfToken());
    if (request.getMethod() !== "PATCH") return;
    this.pieceBegan = performance.now();
    const isLast = Number(request.getHeader("Upload-Offset")) + this.upload.options.chunkSize >= this.file.size;
    if (isLast && !this.hash.value) {
      this.listener.state("checking");
      await this.hash.ready;
      this.listener.state("sending");
    }
    if (this.hash.value) request.setHeader("Upload-Sha256", this.hash.value);
  }

  progress(sent, total) {
    const now = performance.now();
    this.samples.push({ now, sent });
    while (this.samples.length > 2 && now - this.samples[0].now > SPEED_OVER_S * 1000) this.samples.shift();
    const [first] = this.samples;
    const speed = now > first.now ? ((sent - first.sent) / (now - first.now)) * 1000 : 0;
    this.listener.progress({ sent, total, speed: Math.max(0, speed) });
  }

  // The next piece is as long as this line carries in ten seconds.
  adapt(size) {
    this.failures = 0;
    const carried = (size / Math.max(1, performance.now() - this.pieceBegan)) * PIECE_S * 1000;
    this.upload.options.chunkSize = Math.round(Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, carried)));
  }

  async fail(error) {
    const status = error.originalResponse?.getStatus() ?? 0;
    const text = error.originalResponse?.getBody() ?? "";
    if (status === 401 || status === 403) {
      this.rest();
      this.listener.state("signed-out");
    } else if (status >= 400 && status < 500 && ![408, 409, 423, 429, 460].includes(status)) {
      this.rest();
      this.listener.state("refused", text);
    } else if (!status && !(await this.isReadable())) {
      this.rest();
      this.listener.state("unreadable");
    } else {
      this.upload.options.chunkSize = SMALLEST_PIECE;
      this.listener.state(status === 423 ? "locked" : "cut");
      const wait = WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)];
      this.isWaiting = true;
      this.timer = setTimeout(() => this.start(), wait * 1000);
    }
  }

  wake() {
    if (!this.isWaiting) return;
    this.failures = 0;
    this.start();
  }

  async isReadable() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  succeed() {
    this.rest();
    this.listener.arrived();
  }
}
