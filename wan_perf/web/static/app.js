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
  // By name: an object for each attribute of each element would stay in memory.
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name) && name !== "open" && !name.startsWith("data-js")) old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) { const value = fresh.getAttribute(name); if (old.getAttribute(name) !== value) old.setAttribute(name, value); }
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

// What is under the pointer in a chart by hours; drag to zoom into a range.
const tip = document.createElement("div"); tip.className = "tip"; tip.hidden = true; document.body.append(tip);
function say(e, words) {
  tip.hidden = !words; tip.textContent = words || "";
  if (words) { const w = tip.offsetWidth, h = tip.offsetHeight; tip.style.left = `${Math.min(e.clientX + 14, innerWidth - w - 4)}px`; tip.style.top = `${Math.max(4, Math.min(e.clientY + 14, innerHeight - h - 4))}px`; }
}
const stamp = d => d.toISOString().slice(0, 16).replace(":00", "");
function chart(fig) {
  if (fig.dataset.jsReady) return; fig.dataset.jsReady = "1";
  const svg = $("svg", fig), cursor = $(".cursor", fig);
  let from = null;
  const at = e => { const d = JSON.parse($("script", fig).textContent), box = svg.getBoundingClientRect();
    const i = Math.floor(((e.clientX - box.x) * svg.viewBox.baseVal.width / box.width - d.x) / d.dx);
    return { d, i: Math.max(0, Math.min(d.n - 1, i)), in: i >= 0 && i < d.n, t: new Date(Date.parse(fig.dataset.start) + i * d.step * 36e5) }; };
  svg.onpointermove = e => { const p = at(e), x = p.d.x + (p.i + .5) * p.d.dx;
    cursor.setAttribute("d", p.in ? `M${x} ${cursor.dataset.top}V${cursor.dataset.bottom}` + (from ? `H${from.d.x + (from.i + .5) * p.d.dx}V${cursor.dataset.top}` : "") : "");
    say(e, p.in ? `${p.t.toUTCString().slice(0, p.d.step > 1 ? 16 : 22)}${p.d.step > 1 ? "" : " UTC"}\n` + p.d.s.map(([name, unit, v]) => `${name}: ${v[p.i] === null || v[p.i] === undefined ? "unknown" : v[p.i].toLocaleString("en") + " " + unit}`).join("\n") : ""); };
  svg.onpointerleave = e => { cursor.setAttribute("d", ""); say(e); from = null; };
  svg.onpointerdown = e => { if (e.button === 0 && fig.hasAttribute("data-zoom") && at(e).in) { from = at(e); e.preventDefault(); } };
  svg.onpointerup = e => { const to = at(e), begun = from; from = null; if (!begun || Math.abs(begun.i - to.i) < 1) return;
    const [a, b] = begun.i < to.i ? [begun, to] : [to, begun], url = new URL(location.href);
    url.searchParams.delete("range"); url.searchParams.set("from", stamp(a.t)); url.searchParams.set("to", stamp(new Date(+b.t + b.d.step * 36e5))); location.href = url; };
}

// Links and forms that change a part of the page are fetched and laid over it; without script they are plain.
async function go(url, push) {
  const mine = ++turn;
  try {
    const answer = await fetch(url, { cache: "no-store" });
    if (mine !== turn) return;
    mark = answer.ok ? answer.headers.get("ETag") : null;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    history[push ? "pushState" : "replaceState"]({}, "", url);
    document.title = fresh.title; patch($("#main"), $("#main", fresh)); ready();
  } catch { location.href = url; }
}
addEventListener("click", e => { const a = e.target.closest?.("a[data-patch]"); if (a && !e.ctrlKey && !e.metaKey && !e.shiftKey && e.button === 0) { e.preventDefault(); go(a.href, true); } });
let wait = 0;
const sent = f => { const url = new URL(f.action), old = new URLSearchParams(location.search);
  for (const [k, v] of new FormData(f)) if (v) url.searchParams.set(k, v);
  if (old.get("wall")) url.searchParams.set("wall", old.get("wall"));
  return url; };
addEventListener("submit", e => { if (e.target.matches("form[data-patch]")) { e.preventDefault(); go(sent(e.target), true); } });
addEventListener("input", e => { const f = e.target.form;
  if (e.target.matches("[data-col]")) { const url = sent(f); url.searchParams.set("cols", [...f.querySelectorAll("[data-col]:checked")].map(c => c.value).join(",")); go(url, false); }
  else if (f?.matches("form[data-patch]")) { clearTimeout(wait); wait = setTimeout(() => go(sent(f), false), 250); } });
addEventListener("popstate", () => go(location.href, false));

function ready() { ages(); const b = $("#print"); if (b) { b.hidden = false; b.onclick = () => print(); } document.querySelectorAll("figure.timeline").forEach(chart); }

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

// A screen on the wall shows one page after the other; while a site is dark it stays on Now.
const rotate = Number(document.documentElement.dataset.rotate || 0), walls = ["/", "/regions", "/overview", "/sle"];
if (rotate) setInterval(() => {
  if (location.pathname === "/" && $("#tile-dark b.critical")) return;
  location.href = walls[(walls.indexOf(location.pathname) + 1) % walls.length] + `?wall=1&rotate=${rotate}`;
}, rotate * 1000);

ready();
const every = Number($("main")?.dataset.refresh || 0);
if (every) { setInterval(refresh, every * 1000); addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); }); }
