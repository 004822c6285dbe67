// The four verbs: pause, resume, stop, and how many requests at once.

import { $, mark, press } from "./elements.js";
import { ENDS } from "./picture.js";

const MOST_WAITED = 10_000; // milliseconds for the answer to a verb, so that the next one gets its turn

/**
 * Has the controls do what they say. `newest()` is the picture that they go by, null before the first one, and
 * `fail(text)` shows what did not work. Returns controls(), which brings them up to date with that picture.
 */
export function verbs(newest, fail) {
  let asked = Promise.resolve();

  /** One after the other, since of two that are sent at once the second may arrive first. */
  function act(verb) {
    asked = asked.then(() => ask(verb));
  }

  /** What comes of it is seen in the next picture; only what does not is said here. */
  async function ask(verb) {
    try {
      const answer = await fetch(`do/${verb}`, { method: "POST", signal: AbortSignal.timeout(MOST_WAITED) });
      if (answer.ok) return;
      const told = await answer.json().catch(() => ({}));
      throw new Error(told.error ?? `the crawl answered ${answer.status}`);
    } catch (problem) {
      fail(`That did not work: ${problem.message}`);
    }
  }

  function controls(isUnreachable) {
    const picture = newest();
    const isGone = isUnreachable || !picture || ENDS.includes(picture.state);
    const [isPaused, isStopping] = [picture?.state === "paused", picture?.state === "stopping"];
    $("pause").textContent = isPaused ? "Resume" : "Pause";
    for (const id of ["pause", "stop"]) mark($(id), "aria-disabled", isGone || isStopping);
    for (const id of ["concurrency", "concurrency-number"]) {
      const input = $(id);
      input.disabled = isGone || isStopping;
      if (!picture || document.activeElement === input) continue; // who is setting it is not overruled
      mark(input, "max", picture.max_concurrency);
      if (input.value !== String(picture.concurrency)) input.value = picture.concurrency;
    }
  }

  press("pause", () => act(newest().state === "paused" ? "resume" : "pause"));
  press("stop", () => $("sure").showModal());
  press("go-on", () => $("sure").close());
  press("stop-now", () => {
    $("sure").close();
    act("stop");
  });
  for (const id of ["concurrency", "concurrency-number"]) {
    $(id).addEventListener("change", (event) => {
      const most = newest().max_concurrency;
      const wanted = Math.min(most, Math.max(1, Math.round(Number(event.target.value)) || 1));
      $("concurrency").value = $("concurrency-number").value = wanted;
      act(`concurrency?n=${wanted}`);
    });
  }
  $("controls").hidden = false;
  return controls;
}
