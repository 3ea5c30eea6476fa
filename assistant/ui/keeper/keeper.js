// Too large an upload is told before it is sent: the server would only close the door.
document.querySelector("form.upload")?.addEventListener("submit", (event) => {
  const form = event.currentTarget;
  const chosen = [...form.querySelector("input[type=file]").files];
  const problem = form.querySelector(".problem");
  problem.hidden = chosen.reduce((sum, file) => sum + file.size, 0) <= Number(form.dataset.bytes) - 65536;
  if (!problem.hidden) {
    problem.textContent = form.dataset.tooLarge;
    event.preventDefault();
  }
});

// A second tap while the first is on its way would do everything twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
});
