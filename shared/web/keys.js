// Keys on our own people's pages, from the sheet that the page holds: what stands in it is what works.
// Nothing fires in a field or while an input method composes.
"use strict";
(() => {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  const acts = new Map([...sheet.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, row.dataset.act]));
  const places = new Map([...sheet.querySelectorAll("[data-go]")].map((row) => [row.dataset.go, row.dataset.href]));
  let going = 0;

  // A row is a slip of the board, or a line of a table that leads somewhere; its first link opens it.
  const rows = () => [...document.querySelectorAll("main .slip > a:first-child, main tbody td:first-child a")];
  const step = (by) => {
    const all = rows();
    const active = document.activeElement;
    const at = all.findIndex((link) => link === active || link.closest(".slip, tr")?.contains(active));
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    all[to]?.focus();
  };

  const act = {
    filter: () => document.querySelector("main input[type=search]")?.focus(),
    sheet: () => sheet.togglePopover(),
    close: () => document.activeElement?.blur(),
    next: () => step(1),
    previous: () => step(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const isField = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (isField && event.key !== "Escape") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (going && Date.now() - going < 1500 && places.has(key)) {
      event.preventDefault();
      location.href = places.get(key);
      return;
    }
    going = key === "g" ? Date.now() : 0;
    const found = act[acts.get(key)];
    if (!found) return;
    if (key !== "Escape") event.preventDefault();
    found();
  });
})();
