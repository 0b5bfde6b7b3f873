// Works out the SHA-256 of a file, however long, beside the page. Gets {file, library}, answers {hash} or {error}.
const PIECE_BYTES = 4 * 1024 * 1024;

addEventListener("message", async ({ data: { file, library } }) => {
  try {
    const { sha256, hex } = await import(library);
    const hasher = sha256.create();
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      hasher.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    }
    postMessage({ hash: hex(hasher.digest()) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
