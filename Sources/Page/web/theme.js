// Before anything is drawn, so that nothing flashes: the theme that was chosen here last.
{
  const chosen = (() => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}

// The modules say what goes wrong; that they do not run at all, somebody else has to say.
setTimeout(() => {
  const state = document.getElementById("freshness");
  if (state.textContent !== "Loading") return;
  state.textContent = "The page does not start: something keeps its scripts from being loaded, or "
    + "this browser is older than they are (2024)";
}, 20_000);
