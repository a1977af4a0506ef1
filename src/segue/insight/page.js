"use strict";
// The pointer reads values off a chart, and a window of the forecasts can be enlarged. Without this the page loses nothing else.
(() => {
  const make = (name, css, text) => {
    const node = document.createElement(name);
    if (css) node.className = css;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const write = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    const plain = size === 0 || (size >= 1e-4 && size < 1e9);
    const text = plain
      ? value.toLocaleString("en", { maximumSignificantDigits: 4 })
      : value.toExponential(3).replace("e+", "e");
    return text.replaceAll("-", "−");
  };

  const writePlace = (value, kind) => {
    if (!kind.startsWith("time")) return write(value);
    const moment = new Date(value * 1000);
    if (Number.isNaN(moment.getTime())) return write(value);
    return moment.toISOString().slice(0, Number(kind.slice(4))).replace("T", " ");
  };

  const fraction = (value, [low, high, kind]) =>
    kind === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

  const nearest = (list, value) => {
    let low = 0, high = list.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (list[middle] < value) low = middle; else high = middle;
    }
    return Math.abs(list[low] - value) <= Math.abs(list[high] - value) ? low : high;
  };

  const attach = (figure) => {
    const source = figure.querySelector("script.readout");
    const plot = figure.querySelector(".plot");
    if (!source || !plot) return;
    const data = JSON.parse(source.textContent);
    const layer = make("div");
    plot.append(layer);
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", "Chart: the left and right arrow keys read its values");
    let place = null;

    const clear = () => { layer.replaceChildren(); };

    const show = (wanted) => {
      let best = null;
      for (const list of data.places) {
        if (!list.length) continue;
        const found = list[nearest(list, wanted)];
        if (best === null || Math.abs(found - wanted) < Math.abs(best - wanted)) best = found;
      }
      if (best === null) return;
      place = best;
      const x = data.x[0] + best;
      const left = fraction(x, data.x);
      const tip = make("div", "tip");
      const label = data.label ? data.label + " " : "";
      tip.append(make("b", "", label + writePlace(x, data.x[2])));
      const cross = make("div", "cross");
      cross.style.left = 100 * left + "%";
      clear();
      layer.append(cross);
      for (const [name, tone, list, low, high] of data.series) {
        const index = nearest(data.places[list], best);
        if (data.places[list][index] !== best) continue;
        const row = make("div");
        row.append(make("span", tone, name));
        const text = high ? write(low[index]) + " to " + write(high[index]) : write(low[index]);
        row.append(make("strong", "", text));
        tip.append(row);
        if (high || low[index] === null) continue;
        const spot = make("div", "spot " + tone);
        spot.style.left = 100 * left + "%";
        spot.style.top = 100 * (1 - fraction(low[index], data.y)) + "%";
        layer.append(spot);
      }
      layer.append(tip);
      const room = plot.clientWidth, width = tip.offsetWidth, at = left * room;
      const beside = at + 14 + width <= room ? at + 14 : at - 14 - width;
      tip.style.left = Math.max(0, Math.min(beside, room - width)) + "px";
    };

    const follow = (event) => {
      const box = plot.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      show(share * (data.x[1] - data.x[0]));
    };

    plot.addEventListener("pointermove", follow);
    plot.addEventListener("pointerdown", follow);
    plot.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") clear();
    });
    plot.addEventListener("blur", clear);
    plot.addEventListener("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      layer.setAttribute("aria-live", "polite");
      const all = [...new Set(data.places.flat())].sort((a, b) => a - b);
      if (!all.length) return;
      const index = place === null ? 0 : nearest(all, place) + direction;
      show(all[Math.min(all.length - 1, Math.max(0, index))]);
    });
  };

  document.querySelectorAll("figure.chart").forEach(attach);

  document.querySelectorAll("button.enlarge").forEach((button) => {
    const cell = button.closest(".pairs > *");
    if (!cell) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      cell.parentElement.querySelectorAll(".focus").forEach((old) => old.classList.remove("focus"));
      cell.classList.add("focus");
      cell.scrollIntoView({ block: "nearest", behavior: "smooth" });
    });
  });
})();
