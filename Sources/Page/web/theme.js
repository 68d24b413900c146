// Before anything is drawn, so that nothing flashes: the theme that was chosen here last.
{
  const chosen = (() => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
