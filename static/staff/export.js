// How far a file is, without looking again by hand. When it is done, the page says so by itself.
"use strict";

(() => {
  const EVERY = 1500; // milliseconds
  const place = document.getElementById("export-progress");
  if (!place) return;

  async function look() {
    const answer = await fetch(place.dataset.state, { headers: { Accept: "application/json" } }).catch(() => null);
    // Away for a moment, or logged out: "Look again" says which.
    if (answer?.ok && !answer.redirected) {
      const { is_over: isOver, words, percent } = await answer.json();
      if (isOver) return location.reload();
      place.querySelector("progress").value = percent;
      place.querySelector("[role=status]").textContent = words;
    }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
