// Before anything is drawn: the theme that was chosen, so that no other one flashes.
{
  const chosen = localStorage.getItem("accord-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
