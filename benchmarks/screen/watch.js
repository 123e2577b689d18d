// Runs in every page before its own code. `bench` notes when a person acts, what the server sends, and in which frame
// the page has come to rest. All times are milliseconds of performance.now().
(() => {
  const bench = { started: null, heard: [], sent: [], changed: true, result: null };
  window.bench = bench;

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) =>
        bench.heard.push([performance.now(), data.byteLength ?? data.length]),
      );
    }
    send(data) {
      bench.sent.push(performance.now());
      return super.send(data);
    }
  };

  const main = "[data-testid=stMain]";
  // A table keeps its cells for screen readers inside its canvas, and fills them in when nobody waits any more.
  const seen = (node) => node.closest?.(main) && !node.closest("canvas");
  const watch = (changes) => {
    bench.changed ||= changes.some(({ target }) => seen(target.nodeType === 1 ? target : target.parentElement ?? target));
  };
  new MutationObserver(watch).observe(document, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });

  // What a page shows

  bench.all = (selector) => [...document.querySelectorAll(`${main} ${selector}`)];
  bench.titled = (name) => document.title.startsWith(name);
  bench.button = (words) => bench.all("button").some((one) => one.innerText.includes(words) && !one.disabled);
  bench.pictures = (count) => {
    const all = bench.all(".eplab-grid img");
    return all.length >= count && all.every((one) => one.complete && one.naturalWidth > 0);
  };
  bench.lines = () => bench.all(".epochlab-chart .scatterlayer path.js-line").length;
  bench.points = (name) => {
    const node = document.querySelector(".epochlab-chart");
    if (!node?.querySelector(".scatterlayer .trace")) return 0;
    return Math.max(0, ...node.data.filter((one) => !name || one.name === name).map((one) => one.x.length));
  };
  bench.sheet = () => bench.all("[data-testid=stBidiComponentIsolated]").some(
    (one) => one.shadowRoot?.querySelector("canvas.upper-canvas"),
  );
  bench.answers = () => {
    const bars = bench.all(".epochlab-chart").filter((one) => one.querySelector(".barlayer .point path"));
    return Math.min(bars.length, bench.all("[role=status]").length);
  };

  // Waiting

  bench.idle = () =>
    document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning" &&
    !bench.all("[data-stale=true], [data-testid=stSkeleton], [data-testid=stSpinner]").length;

  // Milliseconds from a person's next `kind` of event (null: from `started`) to the frame from which on `shown` holds.
  // With `quiet` the page must be at rest as well, and nothing in it may change for so long afterwards; the time is
  // that of the last change.
  bench.expect = (kind, shown, quiet, limit) => {
    if (kind) {
      bench.started = null;
      window.addEventListener(kind, (event) => (bench.started = event.timeStamp), { capture: true, once: true });
    }
    const until = performance.now() + limit;
    bench.result = new Promise((resolve, reject) => {
      let since = null;
      const look = () => {
        const now = performance.now();
        const answered = bench.started !== null && (bench.heard.at(-1)?.[0] ?? -1) > bench.started;
        const there = answered && shown() && (!quiet || bench.idle());
        since = there && !(quiet && bench.changed) ? (since ?? now) : there ? now : null;
        bench.changed = false;
        if (since !== null && now - since >= quiet) {
          const asked = bench.sent.find((time) => time >= bench.started);
          resolve({ time: since - bench.started, browser: asked ? asked - bench.started : null });
        } else if (now > until) {
          reject(new Error(`not there after ${limit} ms: ${shown} (heard: ${answered}, at rest: ${bench.idle()})`));
        } else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    bench.result.catch(() => {}); // it is awaited a moment later
  };
})();
