// Light, dark, or as the system has it.

const THEMES = ["auto", "light", "dark"];

function stored() {
  try { return localStorage.getItem("theme"); } catch { return null; }
}

function store(theme) {
  try { localStorage.setItem("theme", theme); } catch { /* for this visit only */ }
}

/** Lets `button` change the theme; `redraw` is called whenever it looks otherwise. */
export function watchTheme(button, redraw) {
  let theme = THEMES.includes(stored()) ? stored() : "auto";
  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    redraw();
  };
  button.onclick = () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    store(theme);
    apply();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  apply();
}
