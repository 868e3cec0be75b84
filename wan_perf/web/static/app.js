// The dashboard's script: refresh that patches, theme, keyboard. Every page works without it.
"use strict";
const $ = (q, e = document) => e.querySelector(q);

// How long ago an instant was, beside the text that the server wrote.
function ages() {
  for (const t of document.querySelectorAll("time[datetime]")) {
    const s = Math.max(0, (Date.now() - Date.parse(t.dateTime)) / 1000);
    if (Number.isFinite(s)) t.title = `${s < 5400 ? Math.round(s / 60) + " min" : s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days"} ago · ${new Date(t.dateTime).toLocaleString()} here`;
  }
}

// Lay a new tree over the old one: what is equal stays, with its scroll position and selection.
const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
function patch(old, fresh) {
  if (old.nodeType !== 1) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  if (old.hasAttribute("data-keep") || old === document.activeElement && /^(INPUT|SELECT|TEXTAREA)$/.test(old.nodeName)) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open" && !name.startsWith("data-js")) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const named = new Map([...old.children].filter(c => c.id).map(c => [c.id, c]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    let here = next.id && named.get(next.id) || at;
    if (here && same(here, next)) {
      if (here !== at) old.insertBefore(here, at); else at = at.nextSibling;
      patch(here, next);
    } else old.insertBefore(document.importNode(next, true), at);
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
}

// Refresh by the version of the data; skipped while nobody looks or text is selected.
let mark = null, turn = 0;
async function refresh() {
  if (document.hidden || getSelection().type === "Range") return;
  const mine = ++turn, note = $("#link-state");
  try {
    const answer = await fetch(location.href, { headers: mark ? { "If-None-Match": mark } : {}, cache: "no-store" });
    if (mine !== turn) return;
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(answer.status);
      mark = answer.headers.get("ETag");
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const box of ["#main", "#trust", "footer"]) if ($(box) && $(box, fresh)) patch($(box), $(box, fresh));
      ready();
    }
    $("#link-state").hidden = true;
  } catch {
    const shown = $("#link-state") || note;
    shown.hidden = false; shown.className = "pill warning";
    shown.textContent = "not refreshed: the dashboard does not answer";
  }
  ages();
}

function ready() { ages(); }

const themes = () => { const e = document.documentElement, dark = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  e.dataset.theme = dark ? "light" : "dark"; document.cookie = `theme=${e.dataset.theme};path=/;max-age=31536000;samesite=strict`; };
$("#theme")?.addEventListener("click", themes);

let g = 0;
addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.nodeName)) { if (e.key === "Escape") e.target.blur?.(); return; }
  if (e.key === "/") { e.preventDefault(); $(".search input")?.focus(); }
  else if (e.key === "t") themes();
  else if (Date.now() - g < 1500) { const a = $(`nav [data-key="${CSS.escape(e.key)}"]`); if (a) a.click(); g = 0; }
  else if (e.key === "g") g = Date.now();
});

ready();
const every = Number($("main")?.dataset.refresh || 0);
if (every) { setInterval(refresh, every * 1000); addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); }); }
