// The takings desk without a mouse: Enter goes down the column, as on an adding machine, and from its end to the button.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("takings-desk");
  if (!form) return;
  const button = form.querySelector("button[type=submit]");

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input:not([type=hidden])")) return;
    event.preventDefault(); // it would send the form, half typed
    const column = event.target.name.split("-")[0];
    const fields = [...form.querySelectorAll(`input[name^="${column}-"]:not([type=hidden])`)];
    const next = fields[fields.indexOf(event.target) + (event.shiftKey ? -1 : 1)] ?? (event.shiftKey ? null : button);
    next?.focus();
    next?.select?.();
  });

  // Where something is wrong, one begins there.
  form.querySelector("input[aria-invalid]")?.focus();
});
