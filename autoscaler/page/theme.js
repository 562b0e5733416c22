// Light or dark, before anything is drawn: a classic script, so that no page flashes in the wrong colours.
"use strict";
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    try { return localStorage.getItem("weir-theme"); } catch { return null; } // storage may be forbidden
  }
  function keep(theme) {
    try { localStorage.setItem("weir-theme", theme); } catch { /* then it lasts as long as the page */ }
  }
  function dark() { return (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark"; }

  function label() {
    const button = document.getElementById("theme");
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", dark() ? "Switch to the light theme" : "Switch to the dark theme");
  }
  function changed() {
    label();
    dispatchEvent(new Event("weir-theme"));
  }

  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  prefersDark.addEventListener("change", changed);
  document.addEventListener("DOMContentLoaded", () => {
    label();
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      keep(root.dataset.theme);
      changed();
    });
  });
})();
