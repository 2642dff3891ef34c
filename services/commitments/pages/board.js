// The board follows by itself: when the server says that something has changed, the lanes are fetched and swapped.
// Without this script the page loads itself again every twenty seconds and every link and form works the same.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lanes = () => document.getElementById("lanes");
  let here = lanes().dataset.here;
  let running = null;
  let again = false;

  // An address that repeats a form or a thank-you is not one to load again.
  history.replaceState(null, "", here + location.hash);

  const say = (state) => {
    if (live.textContent !== live.dataset[state]) live.textContent = live.dataset[state];
  };

  const changed = (field) => {
    if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
    return field.type !== "hidden" && field.value !== field.defaultValue;
  };

  // Forms in use stay as they are: what is typed in them is nowhere else.
  const inUse = (section) =>
    section.contains(document.activeElement) ||
    section.querySelector("[role=alert], .wrong") !== null ||
    [...section.querySelectorAll("input, textarea, select")].some(changed);

  const keepForms = (old, fresh) => {
    for (const section of old.querySelectorAll(".acts")) {
      if (!inUse(section)) continue;
      const place = fresh.querySelector("#" + section.id);
      const slip = fresh.querySelector("#p-" + section.id.slice(5));
      if (place) place.replaceWith(section);
      else (slip ?? fresh).append(section);
    }
  };

  // What the person looks at stays where it is on the screen.
  const anchorOf = (old) => {
    const inView = (slip) => slip.getBoundingClientRect().bottom > 0;
    const slip = document.activeElement?.closest("#lanes .slip") ?? [...old.querySelectorAll(".slip")].find(inView);
    return slip?.id ? [slip.id, slip.getBoundingClientRect().top] : [null, 0];
  };

  // Who does not see the lanes move hears which of them have another count.
  const news = document.getElementById("news");
  const counts = (place) =>
    new Map([...place.querySelectorAll("a[data-lane]")].map((a) => [a.dataset.lane, a.textContent.replace(/\s+/g, " ").trim()]));
  const announce = (old, fresh) => {
    const before = counts(old);
    const moved = [...counts(fresh)].filter(([lane, words]) => before.get(lane) !== words).map(([, words]) => words);
    if (moved.length) news.textContent = `${news.dataset.news} ${moved.join(", ")}.`;
  };

  const swap = (fresh) => {
    const old = lanes();
    if (old.innerHTML === fresh.innerHTML) return;
    announce(old, fresh);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const selection = focused?.selectionStart === undefined ? null : [focused.selectionStart, focused.selectionEnd];
    const opened = [...old.querySelectorAll("details[open]")].map((details) => details.id);
    const [anchor, top] = anchorOf(old);
    keepForms(old, fresh);
    old.replaceWith(fresh);
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    const moved = anchor && document.getElementById(anchor);
    if (moved) scrollBy({ top: moved.getBoundingClientRect().top - top, behavior: "instant" });
    if (!focused) return;
    const target = focused.isConnected ? focused : (document.getElementById(focused.id || "-") ?? fresh);
    target.focus({ preventScroll: true });
    if (selection && selection[0] !== null && target === focused) target.setSelectionRange(...selection);
  };

  const load = async () => {
    try {
      do {
        again = false;
        const answer = await fetch(here, { headers: { Accept: "text/html" }, cache: "no-store" });
        if (!answer.ok) return say(answer.status === 401 ? "ended" : "lost");
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("lanes");
        if (!again) swap(document.adoptNode(fresh));
        say("live");
      } while (again);
    } catch {
      say("lost");
    }
  };

  // One at a time; asked meanwhile, it looks once more before it is done.
  const refresh = () => {
    if (running) again = true;
    running ??= load().finally(() => (running = null));
    return running;
  };

  // A slip opens its forms in place.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-open]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!link.href.includes("open=")) link.closest(".slip").querySelector(".acts").remove();
    const [address, slip] = link.getAttribute("href").split("#");
    here = address;
    history.replaceState(null, "", address);
    await refresh();
    const opened = document.getElementById(slip);
    (opened?.querySelector(".acts button, .acts summary") ?? opened?.querySelector("a[data-open]"))?.focus();
  });

  // A browser has six connections to a host over HTTP/1.1: a board that nobody sees keeps none of them.
  let stream = null;
  let waiting = 0;
  const disconnect = () => {
    clearTimeout(waiting);
    stream?.close();
    stream = null;
  };
  const connect = () => {
    disconnect();
    if (document.hidden) return;
    stream = new EventSource(lanes().dataset.stream);
    stream.addEventListener("open", () => say("live"));
    stream.addEventListener("changed", () => refresh());
    stream.addEventListener("error", () => {
      say("lost");
      if (stream?.readyState !== EventSource.CLOSED) return;
      refresh();
      waiting = setTimeout(connect, 10_000);
    });
  };

  connect();
  // Time alone moves a promise from one lane to the next.
  setInterval(() => document.hidden || refresh(), 60_000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return disconnect();
    connect();
    refresh();
  });
})();
