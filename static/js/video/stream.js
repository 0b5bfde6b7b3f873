// Plays an address in a <video>: through hls.js where the browser has media sources, else by the browser itself.
// Tells `listener`: expired() when the address has, failed(isBroken) when nothing more can be done.
const RETRIES = { maxNumRetry: 6, retryDelayMs: 1000, maxRetryDelayMs: 16_000 };
// On 256 kbit/s a segment of the best quality takes minutes: it is waited for, and the next one is of a lower one.
const PATIENT = {
  default: { maxTimeToFirstByteMs: 30_000, maxLoadTimeMs: 90_000, timeoutRetry: RETRIES, errorRetry: RETRIES },
};

export class Stream {
  constructor(video, { library, worker, listener }) {
    Object.assign(this, { video, library, worker, listener });
  }

  // `playlist` is played from `position` on, in the quality of `height` lines if there is one; `file` is the same for a
  // browser that cannot choose within a playlist, or knows none.
  async open({ playlist, file, position, height, expires }) {
    this.close();
    for (const source of this.video.querySelectorAll("source")) source.remove();
    if (globalThis.MediaSource ?? globalThis.ManagedMediaSource) await this.#openHls(playlist, position, height);
    else this.#openPlain(this.#playsLists && !file.isChosen ? playlist : file.address, position, expires);
  }

  close() {
    this.hls?.destroy();
    this.hls = null;
    this.video.onerror = null;
  }

  get #playsLists() {
    return Boolean(this.video.canPlayType("application/vnd.apple.mpegurl"));
  }

  async #openHls(playlist, position, height) {
    const { default: Hls } = await import(this.library);
    const hls = new Hls({
      workerPath: this.worker,
      startLevel: 0,
      startPosition: position,
      abrEwmaDefaultEstimate: 150_000,
      maxBufferLength: 120,
      backBufferLength: 60,
      capLevelToPlayerSize: !height,
      fragLoadPolicy: PATIENT,
      // The words come beside the film, not in its playlists: the library is to leave them alone.
      subtitleTrackController: undefined,
      subtitleStreamController: undefined,
      timelineController: undefined,
    });
    this.close();
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (_name, data) => data.fatal && this.#trouble(Hls, data));
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      const level = hls.levels.findIndex((candidate) => candidate.height === height);
      if (level >= 0) hls.startLevel = hls.currentLevel = level;
    });
    hls.loadSource(playlist);
    hls.attachMedia(this.video);
  }

  #openPlain(address, position, expires) {
    this.video.src = address;
    this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = position), { once: true });
    // A browser that plays by itself does not say what the server answered.
    this.video.onerror = () => (Date.now() > expires * 1000 ? this.listener.expired() : this.listener.failed(false));
  }

  #trouble(Hls, data) {
    const code = data.response?.code;
    const isMedia = data.type === Hls.ErrorTypes.MEDIA_ERROR;
    if (code === 403 || code === 410) {
      this.listener.expired();
    } else if (isMedia && !this.hasRecovered) {
      this.hasRecovered = true;
      this.hls.recoverMediaError();
    } else {
      this.listener.failed(isMedia);
    }
  }
}
