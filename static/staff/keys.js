// Keys for those who work through lists all day; the dialog that "?" opens lists them.
//
// The row under the cursor is the row whose link has the focus, so that Enter, the screen reader and the eye agree on
// which one it is. Single letters can be in the way of speech input: the dialog turns all of them off.
"use strict";

(() => {
  const ROW = "#result_list tr.data-row";
  const ROOMS = {
    o: "/admin/",
    f: "/safes/finding/",
    t: "/transactions/transaction/",
    a: "/transactions/auditevent/",
    d: "/transactions/delivery/",
    i: "/safes/site/",
    s: "/safes/safe/",
    e: "/transactions/pushendpoint/",
    l: "/incidents/incident/board/",
    r: "/incidents/incident/add/",
    c: "/loyalty/card/desk/",
  };
  const SECOND_KEY_WITHIN = 1500; // milliseconds after "g"
  const TYPING =
    "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

  const WORKSHEET = [
    ["j", "next of this date, as listed"],
    ["k", "previous of this date"],
    ["l", "its next day"],
    ["h", "its previous day"],
    ["n", "next day that waits for you"],
    ["c", "comment; Tab leads to the buttons"],
    ["p", "to “Prepare”; Enter presses it"],
    ["a", "to “Approve”; Enter presses it"],
    ["u", "back to the list"],
    ["s", "search everything"],
  ];

  const nameOf = (link) => link.querySelector("span:not(.material-symbols-outlined)").textContent.trim();
  const room = (letter) => document.querySelector(`#nav-sidebar-apps a[href$="${ROOMS[letter]}"]`);
  const linkOf = (row) => row.querySelector("th a[href], td a[href]");
  const back = () => document.querySelector("#header-inner a[title='Go back']");
  const search = () => document.getElementById("searchbar");
  const place = `row of ${location.pathname}`;
  let pressedG = -Infinity;
  let dialog;

  const on = () => localStorage.getItem("keys") !== "off";

  function move(step) {
    const rows = [...document.querySelectorAll(ROW)].filter(linkOf);
    if (rows.length === 0) return false;
    const here = rows.indexOf(document.activeElement.closest(ROW));
    // Back from a row's page, the first key leads to that row, wherever it stands now.
    const left = here < 0 ? rows.findIndex((row) => linkOf(row).pathname === sessionStorage.getItem(place)) : -1;
    const next = here < 0 ? Math.max(left, 0) : Math.min(Math.max(here + step, 0), rows.length - 1);
    const link = linkOf(rows[next]);
    link.focus({ preventScroll: true });
    rows[next].scrollIntoView({ block: "nearest" });
    sessionStorage.setItem(place, link.pathname);
    return true;
  }

  function tick() {
    const box = document.activeElement.closest(ROW)?.querySelector("input.action-select");
    box?.click();
    return Boolean(box);
  }

  // What stands on a worksheet, by the key that its page gives it.
  const marked = (key) => document.querySelector(`.staff-ws [data-key="${key}"]`);

  // To the next or the last page of the kind, as a link there says it.
  const turn = (key) => follow(marked(key));

  // Brought under the cursor and no more: nothing is signed before Enter, with the button in sight.
  function reach(key) {
    const target = marked(key);
    target?.focus();
    return Boolean(target);
  }

  function follow(link) {
    link?.click();
    return Boolean(link);
  }

  function find() {
    search()?.select();
    search()?.focus();
    return Boolean(search());
  }

  // The box that searches everything; where the menu that has it is shut, its page.
  function seek() {
    const box = document.getElementById("find-all") ?? document.getElementById("staff-search");
    if (box?.checkVisibility()) {
      box.select();
      box.focus();
    } else location.assign(document.getElementById("staff-search-page")?.href ?? "/admin/find/");
    return true;
  }

  function filter() {
    const opener = document.getElementById("open-filters");
    const field = document.querySelector("#filter-form :is(input:not([type=hidden]), select)");
    if (!opener || !field) return false;
    opener.click();
    // It can take the focus when its panel has opened, which changes its size.
    const opened = new ResizeObserver(() => {
      field.focus();
      if (field.matches(":focus")) opened.disconnect();
    });
    opened.observe(field);
    return true;
  }

  // Each says whether it did anything; what it did not take, others may have.
  const KEYS = {
    "/": find,
    s: seek,
    f: filter,
    j: () => move(1) || turn("j"),
    k: () => move(-1) || turn("k"),
    x: tick,
    h: () => turn("h"),
    l: () => turn("l"),
    n: () => turn("n"),
    c: () => reach("c"),
    p: () => reach("p"),
    a: () => reach("a"),
    u: () => follow(back()),
    "?": show,
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !on()) return;
      if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
      const second = event.timeStamp - pressedG < SECOND_KEY_WITHIN;
      pressedG = event.key === "g" && !second ? event.timeStamp : -Infinity;
      const taken = second && event.key in ROOMS ? follow(room(event.key)) : Boolean(KEYS[event.key]?.());
      if (taken) {
        event.preventDefault();
        event.stopImmediatePropagation(); // the admin has shortcuts of its own
      }
    },
    true,
  );

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function line(keys, words) {
    return [element("dt", {}, ...keys.map((key) => element("kbd", { textContent: key }))), element("dd", {}, words)];
  }

  function show() {
    dialog ??= document.body.appendChild(drawn());
    dialog.showModal();
    return true;
  }

  function drawn() {
    const rooms = Object.keys(ROOMS).filter(room);
    const list = [
      ["/", "search this list"],
      ["s", "search everything"],
      ["f", "filter it"],
      ["j", "next row"],
      ["k", "previous row"],
      ["Enter", "open the row"],
      ["x", "tick the row"],
      ["u", "back to the list"],
    ];
    const here = document.querySelector(".staff-ws-steps") ? WORKSHEET : list;
    const lines = [
      ...here.map(([key, words]) => line([key], words)),
      ...rooms.map((letter) => line(["g", letter], `go to ${nameOf(room(letter))}`)),
      line(["?"], "show these keys"),
    ];
    const choice = element("input", { type: "checkbox", checked: on() });
    choice.addEventListener("change", () => localStorage.setItem("keys", choice.checked ? "on" : "off"));
    const close = element("button", { type: "submit", className: "staff-keys-close", autofocus: true }, "Close");
    const title = element("h2", { id: "staff-keys-title" }, "Keys");
    const made = element("dialog", { id: "staff-keys" }, title, element("dl", {}, ...lines.flat()));
    made.append(element("form", { method: "dialog" }, element("label", {}, choice, " Use these keys"), close));
    made.setAttribute("aria-labelledby", title.id);
    return made;
  }

  document.addEventListener("DOMContentLoaded", () => {
    // As its page asks for it, and not only once it is painted: a browser with much to do can pass it over altogether,
    // and keys that are pressed by then must find it.
    if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
    const hint = element("button", { type: "button", className: "staff-keys-hint" }, element("kbd", {}, "?"), " Keys");
    hint.addEventListener("click", show);
    document.getElementById("nav-sidebar-apps")?.after(hint);
  });
})();
