// What the pages do besides showing: they follow the engine, copy, zoom and choose steps. Without it they still show.
"use strict";

(() => {
  const page = document.body;
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("has-script");

  // An address that says what was done says it once.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(null, "", here);
  }
  // Nor does a page that answers a refused form stand at an address that can be opened again.
  const address = new URL(page.dataset.address ?? here, here);
  if (address.pathname !== here.pathname) history.replaceState(null, "", address.pathname + address.search + here.hash);

  // --- steps: a click on the graph shows one -----------------------------------------------------
  let chosen = location.hash.slice(1);

  const showStep = () => {
    const step = chosen ? byId(chosen) : null;
    const isStep = step !== null && step.classList.contains("step");
    for (const steps of document.querySelectorAll(".steps")) steps.classList.toggle("has-chosen", isStep);
    for (const each of document.querySelectorAll(".step")) each.classList.toggle("is-chosen", each === step && isStep);
    for (const link of document.querySelectorAll(".canvas a")) {
      const leads = link.getAttribute("href") === `#${chosen}`;
      link.classList.toggle("is-chosen", leads);
      if (leads) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    bringIntoView(isStep ? step : document.querySelector(".step.is-first"));
    return isStep ? step : null;
  };

  // A large graph is scrolled to the step that is shown, each time that this is another one.
  let inView = null;
  const bringIntoView = (step) => {
    if (!step || step.id === inView) return;
    inView = step.id;
    for (const canvas of canvases()) {
      const box = canvas.querySelector(`a[href="#${CSS.escape(step.id)}"]`)?.getBoundingClientRect();
      if (!box) continue;
      const all = canvas.getBoundingClientRect();
      const isSeen = box.left >= all.left && box.right <= all.right && box.top >= all.top && box.bottom <= all.bottom;
      if (!isSeen) canvas.scrollBy((box.left + box.right - all.left - all.right) / 2, (box.top + box.bottom - all.top - all.bottom) / 2);
    }
  };

  const choose = (id) => {
    chosen = id;
    history.replaceState(null, "", `#${id}`);
    const step = showStep();
    if (step) {
      step.focus({ preventScroll: true });
      step.scrollIntoView({ block: "nearest" });
    }
  };

  // --- the graph: zoom by buttons, keys and wheel, pan by dragging -------------------------------
  let zoom = 0; // 0 fits
  const canvases = () => document.querySelectorAll(".canvas");

  const draw = () => {
    for (const canvas of canvases()) {
      const picture = canvas.querySelector("svg");
      if (!picture) continue;
      const [, , width, height] = picture.getAttribute("viewBox").split(" ").map(Number);
      const tallest = parseFloat(getComputedStyle(canvas).maxHeight) || Infinity;
      const fits = Math.min(1.25, (canvas.clientWidth - 4) / width, (tallest - 4) / height);
      // What cannot be read is no help: a large graph is scrolled.
      const scale = zoom || Math.max(fits, 0.55);
      picture.setAttribute("width", Math.round(width * scale));
      picture.setAttribute("height", Math.round(height * scale));
      canvas.dataset.scale = scale;
    }
  };

  const zoomTo = (how) => {
    const first = document.querySelector(".canvas");
    const now = zoom || Number(first?.dataset.scale || 1);
    zoom = { in: Math.min(now * 1.25, 6), out: Math.max(now / 1.25, 0.1), fit: 0 }[how];
    draw();
  };

  for (const canvas of canvases()) {
    canvas.addEventListener("keydown", (event) => {
      const how = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
      if (!how || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      zoomTo(how);
    });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomTo(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const from = { x: event.clientX + canvas.scrollLeft, y: event.clientY + canvas.scrollTop };
      let moved = false;
      const move = (to) => {
        moved ||= Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) > 4;
        canvas.classList.toggle("is-dragged", moved);
        canvas.scrollTo(from.x - to.clientX, from.y - to.clientY);
      };
      const end = () => {
        removeEventListener("pointermove", move);
        canvas.classList.remove("is-dragged");
        if (moved) addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", end, { once: true });
    });
    canvas.addEventListener("dragstart", (event) => event.preventDefault());
  }
  addEventListener("resize", draw);

  // --- clicks ------------------------------------------------------------------------------------
  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    const text = button.textContent;
    button.textContent = "Copied";
    button.classList.add("is-done");
    byId("news").textContent = "Copied";
    setTimeout(() => {
      button.textContent = text;
      button.classList.remove("is-done");
    }, 1500);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, button");
    if (!target || event.defaultPrevented) return;
    if (target.matches(".copy")) copy(target);
    else if (target.dataset.zoom) zoomTo(target.dataset.zoom);
    else {
      const href = target.getAttribute("href") || "";
      if (!href.startsWith("#step-")) return;
      event.preventDefault();
      choose(href.slice(1));
    }
  });
  addEventListener("hashchange", () => {
    chosen = location.hash.slice(1);
    showStep();
  });

  // --- ages stay current -------------------------------------------------------------------------
  const age = (moment) => {
    const seconds = (Date.now() - moment) / 1000;
    const size = Math.abs(seconds);
    if (size < 1) return "now";
    const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const place = units.findIndex(([length]) => size >= length);
    const [unit, name] = units[place];
    // Of days and hours the next unit is worth knowing as well.
    const [lesser, lesserName] = place < 2 ? units[place + 1] : [1, ""];
    const rest = place < 2 ? Math.floor((size % unit) / lesser) : 0;
    const amount = `${Math.floor(size / unit)} ${name}${rest ? ` ${rest} ${lesserName}` : ""}`;
    return seconds > 0 ? `${amount} ago` : `in ${amount}`;
  };
  const showAges = () => {
    for (const time of document.querySelectorAll("time")) {
      const text = age(Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(showAges, 1000);

  // --- the engine is followed --------------------------------------------------------------------
  const isTouched = (act) => [...act.querySelectorAll("input, textarea")].some((each) => each.value !== each.defaultValue);
  const isOffered = (act, news) => news.querySelector(`[data-act="${CSS.escape(act.dataset.act)}"]`) !== null;

  // A form that is open stays while it can be sent, or holds what somebody has typed.
  const isHeld = (part, news) =>
    [...part.querySelectorAll(".act[open]")].some((act) => isTouched(act) || isOffered(act, news));

  // What is typed is kept, but says that it comes too late.
  const showOffers = (news) => {
    for (const act of document.querySelectorAll(".act[open]")) {
      const isOver = !isOffered(act, news);
      const isEnded = news.querySelector(".act") === null;
      act.querySelector(".too-late")?.remove();
      act.querySelector("form button").disabled = isOver && isEnded;
      if (!isOver) continue;
      const note = document.createElement("p");
      note.className = "fault too-late";
      note.setAttribute("role", "status");
      note.textContent = isEnded
        ? "The instance has ended meanwhile, so this can no longer be done."
        : "This step has gone on meanwhile.";
      act.querySelector("form").append(note);
    }
  };

  const replace = (part, mark, html) => {
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const path = focused ? [...part.querySelectorAll("a, button, [tabindex], summary, input")].indexOf(focused) : -1;
    const scrolled = [...part.querySelectorAll(".scroll")].map((each) => [each.scrollLeft, each.scrollTop]);
    part.innerHTML = html;
    part.dataset.mark = mark;
    [...part.querySelectorAll(".scroll")].forEach((each, place) => scrolled[place] && each.scrollTo(...scrolled[place]));
    if (path >= 0) {
      part.querySelectorAll("a, button, [tabindex], summary, input")[path]?.focus({ preventScroll: true });
    }
  };

  const waiting = new Map();
  const take = (name, [mark, html]) => {
    const part = document.querySelector(`[data-part="${name}"]`);
    if (!part || part.dataset.mark === mark) return waiting.delete(name);
    if (name === "acting") {
      const news = new DOMParser().parseFromString(html, "text/html");
      showOffers(news);
      if (isHeld(part, news)) return waiting.set(name, [mark, html]);
    }
    waiting.delete(name);
    const before = part.querySelector("[data-news]")?.textContent.trim();
    replace(part, mark, html);
    const after = part.querySelector("[data-news]")?.textContent.trim();
    if (after && after !== before) byId("news").textContent = after;
  };
  document.addEventListener("toggle", () => {
    for (const [name, news] of [...waiting]) take(name, news);
  }, true);

  // A step that was chosen is chosen on the page that answers, too.
  document.addEventListener("submit", ({ target: form }) => {
    if (form.method === "post") form.action = form.getAttribute("action").split("#")[0] + location.hash;
  });

  const trouble = (text, hint, at, away) => {
    const banner = byId("trouble");
    const live = byId("live");
    live.hidden = Boolean(text) && !away;
    live.textContent = away ? "away" : "live";
    live.classList.toggle("is-away", away);
    if (!text) {
      banner.hidden = true;
      return;
    }
    const lines = [text, hint, at ? `What is shown is from ${at}.` : ""].filter(Boolean);
    const spoken = lines.join("\n");
    if (!banner.hidden && banner.dataset.spoken === spoken) return;
    banner.dataset.spoken = spoken;
    banner.replaceChildren(...lines.map((line, place) => {
      const element = document.createElement(place ? "span" : "strong");
      element.textContent = line;
      return element;
    }));
    banner.hidden = false;
  };

  // A browser has six connections to a host, for all its windows. Those that are followed share four, and take turns
  // where they are more; the others are for pages and forms.
  const SEATS = ["seat-0", "seat-1", "seat-2", "seat-3"];
  const TURN_MS = 3000;
  const alone = { request: (seat, how, work) => work(), query: async () => ({ held: [], pending: [] }) };
  const locks = navigator.locks ?? alone;

  const freestSeat = async () => {
    const { held, pending } = await locks.query();
    const users = (seat) => [...held, ...pending].filter(({ name }) => name === seat).length;
    return SEATS.reduce((best, seat) => (users(seat) < users(best) ? seat : best));
  };

  // Until somebody else waits for the seat, or nobody looks here any more.
  const listen = (seat, left) => new Promise((done) => {
    if (left.aborted) return done();
    const stream = new EventSource(`/events?page=${encodeURIComponent(page.dataset.address)}`);
    const end = () => {
      stream.close();
      clearInterval(turns);
      done();
    };
    const turns = setInterval(async () => {
      const { pending } = await locks.query();
      if (pending.some(({ name }) => name === seat)) end();
    }, TURN_MS);
    left.addEventListener("abort", end, { once: true });
    stream.onmessage = (event) => {
      const news = JSON.parse(event.data);
      for (const [name, part] of Object.entries(news.parts)) take(name, part);
      if (Object.keys(news.parts).length) {
        draw();
        showStep();
        showAges();
      }
      if (news.title) document.title = `${news.title} · rochallor`;
      trouble(news.trouble, news.hint, news.at, news.away);
    };
    stream.onerror = () => {
      trouble("The command that serves this page does not answer.", "Has it been stopped? Start it again, and open the address that it prints.", "", true);
      if (stream.readyState === EventSource.CLOSED) setTimeout(end, 5000);
    };
  });

  let following = null;
  const follow = async () => {
    if (following || document.hidden || page.dataset.address === undefined) return;
    const mine = following = new AbortController();
    const left = mine.signal;
    while (!left.aborted) {
      const seat = await freestSeat();
      // It rejects when the window is left while it waits.
      await locks.request(seat, { signal: left }, () => listen(seat, left)).catch(() => mine.abort());
    }
  };
  const leave = () => {
    following?.abort();
    following = null;
  };
  // A hidden window is not followed: the engine has better to do.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && follow());

  draw();
  showStep();
  showAges();
  // Where an address names a step, a browser gives that the focus instead.
  addEventListener("load", () => document.querySelector("[autofocus]")?.focus());
  follow();
})();
