// What the page knows of a picture: its words, and what is computed from one or two of them. No element is touched
// here. crawler/watch/picture.py says what the fields mean.

export const ENDS = ["finished", "stopped", "incomplete"];
export const OUTCOMES = ["ok", "truncated", "error", "skipped", "pending"];
export const STAGES = ["fetch", "parse", "write", "commit"];
export const QUEUES = { page: "fetched, to parse", finished: "parsed, to write", unacked: "sent, not yet on disk" };
export const WAITS = [ // of crawler.model.outcomes.Activity; whatever else a worker is at, it works
  "robots", "wait for its turn", "wait for the answer", "wait for a parser", "wait for a writer", "writing",
];
export const SENTENCES = {
  starting: "The crawl is starting.", running: "The crawl is running.", paused: "The crawl is paused.",
  stopping: "The crawl is stopping: what is in flight is finished and saved.", finished: "The crawl has finished.",
  stopped: "The crawl was stopped.", incomplete: "The crawl ended before it was complete.",
};

export const queueOf = (picture, name) => picture.queues.find((queue) => queue.name.replace(/_queue$/, "") === name);
export const most = (counts) => Object.entries(counts).sort((one, other) => other[1] - one[1]);
export const done = (picture) => picture.discovered - picture.counts.pending;

/** How fast it went from one picture to a later one, a second. */
export function rates(earlier, picture) {
  const seconds = earlier ? picture.at - earlier.at : 0;
  const isOneRun = seconds > 0 && earlier.pid === picture.pid && earlier.state !== "starting" && !ENDS.includes(picture.state);
  const rate = (now, before) => (isOneRun ? Math.max(0, now - before) / seconds : 0);
  return {
    requests: rate(picture.requests, earlier?.requests), bytes: rate(picture.bytes, earlier?.bytes),
    discovered: rate(picture.discovered, earlier?.discovered), done: earlier ? rate(done(picture), done(earlier)) : 0,
  };
}

const natural = new Intl.Collator("en", { numeric: true }).compare;

/** Each process with its lanes; the main one first. Lanes keep their place, so that the eye can follow one. */
export function byProcess({ steps, pid: main, at }) {
  const found = new Map();
  for (const lane of steps) {
    if (!found.has(lane.pid)) found.set(lane.pid, { pid: lane.pid, lanes: [], at });
    found.get(lane.pid).lanes.push(lane);
  }
  for (const group of found.values()) {
    group.lanes.sort((one, other) => natural(one.holder, other.holder));
    group.name = group.pid === main ? "main process" : `process of ${group.lanes[0].holder}`;
  }
  return [...found.values()].sort((one, other) => (other.pid === main) - (one.pid === main) || natural(one.name, other.name));
}

/** A JSON merge patch (RFC 7396), into a copy. */
export function merge(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const merged = target !== null && typeof target === "object" && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
