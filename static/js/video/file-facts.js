// What a page can tell of a file before a byte of it crosses the line.
const END_BYTES = 64 * 1024;

// Knows a file again on any device, whatever its name: a hash over its length and both its ends.
export async function fingerprintOf(file, library) {
  const { sha256, hex } = await import(library);
  const ends = [file.slice(0, END_BYTES), file.slice(Math.max(0, file.size - END_BYTES))];
  const parts = await Promise.all(ends.map((end) => end.arrayBuffer()));
  const hasher = sha256.create().update(new TextEncoder().encode(`${file.size}:`));
  for (const part of parts) hasher.update(new Uint8Array(part));
  return hex(hasher.digest());
}

// The SHA-256 of the whole, worked out in a worker of its own; empty where it cannot be.
export function hashOf(file, { library, worker: address }) {
  return new Promise((resolve) => {
    const worker = new Worker(address, { type: "module" });
    const done = (hash) => {
      worker.terminate();
      resolve(hash);
    };
    worker.addEventListener("message", ({ data }) => done(data.hash ?? ""));
    worker.addEventListener("error", () => done(""));
    // The worker's imports are relative to itself: it needs the whole address.
    worker.postMessage({ file, library: new URL(library, location.href).href });
  });
}

export async function isText(file) {
  const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return Boolean(text) && !/[\u0000-\u0008\u000e-\u001f]/.test(text);
  } catch {
    // Not text: that is what a recording looks like.
    return false;
  }
}
