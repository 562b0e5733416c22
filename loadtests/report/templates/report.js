"use strict";
// Draws what loadtests/report/charts.py prepared: charts on one time axis with one cursor, legends that are buttons,
// theme, copying. A line may have a band around it: [x, low, high] for each point. Texts are only ever set as text, so no name in a scenario can become markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const touch = matchMedia("(hover: none)").matches;
  const main = data.main ?? "rates"; // the chart with the slider and the names of the grey stretches
  const drawn = [];
  let hovered = null;

  const probe = element("i", "", document.body);
  probe.hidden = true;
  function shade(name) {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  }
  const times = data.charts.filter((c) => c.id !== "distribution").flatMap((c) => c.series.flatMap((s) => s.data.map((p) => p[0])));
  const first = Math.floor(times.reduce((a, b) => Math.min(a, b), 0));
  const last = times.reduce((a, b) => Math.max(a, b), -Infinity);

  function number(value) {
    const places = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
    return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: places });
  }
  function tick(value) {
    const size = Math.abs(value);
    if (size >= 1e6) return `${+(value / 1e6).toFixed(2)} M`;
    if (size >= 1e4) return `${+(value / 1e3).toFixed(1)} k`;
    return number(value);
  }
  function clock(seconds) {
    if (last - first < 180) return `${+seconds.toFixed(1)} s`;
    const sign = seconds < 0 ? "−" : "", whole = Math.round(Math.abs(seconds));
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
    return sign + (hours ? `${hours}:${tail}` : tail);
  }
  function percentile(nines) {
    if (nines < 0.01) return "min";
    if (Math.abs(nines - Math.log10(2)) < 0.01) return "50 %";
    return `${+(100 * (1 - 10 ** -nines)).toFixed(Math.max(0, Math.ceil(nines) - 1))} %`;
  }
  function nearest(points, x) {
    let low = 0, high = points.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < x) low = middle + 1; else high = middle;
    }
    if (low > 0 && x - points[low - 1][0] < points[low][0] - x) low -= 1;
    return points[low];
  }
  function element(tag, text, parent) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }

  // ------------------------------------------------------------------ one chart
  class Plot {
    constructor(chart) {
      this.chart = chart;
      this.overTime = chart.id !== "distribution";
      this.figure = document.getElementById(`chart-${chart.id}`);
      this.box = this.figure.querySelector(".plot");
      this.off = new Set();
      this.canvas = echarts.init(this.box, null, { renderer: "canvas" });
      if (this.overTime) this.canvas.group = "time";
      this.legend();
      this.draw();
      this.box.addEventListener("pointerenter", () => { hovered = this; });
      this.canvas.on("updateAxisPointer", (event) => this.read(event.axesInfo[0]?.value));
      this.canvas.on("globalout", () => drawn.forEach((plot) => plot.read()));
      new ResizeObserver(() => this.canvas.resize()).observe(this.box);
    }
    legend() {
      const place = this.figure.querySelector(".legend");
      const single = this.chart.series.length === 1;
      this.outputs = this.chart.series.map((series) => {
        if (single) return element("output", "", place);
        const button = element("button", "", place);
        button.type = "button";
        button.setAttribute("aria-pressed", "true");
        const key = element("i", "", button);
        key.style.setProperty("--key", `var(--${series.colour})`);
        if (series.dash) key.className = "dash";
        element("span", series.name, button);
        button.addEventListener("click", () => this.toggle(series.name, button));
        return element("output", "", button);
      });
    }
    toggle(name, button) {
      if (!this.off.delete(name)) this.off.add(name);
      button.setAttribute("aria-pressed", String(!this.off.has(name)));
      this.draw();
    }
    read(x) {
      this.chart.series.forEach((series, i) => {
        const point = x === undefined ? undefined : nearest(series.data, x);
        this.outputs[i].textContent = point ? tick(point[1]) : "";
      });
    }
    draw() { this.canvas.setOption(this.option()); }

    option() {
      const chart = this.chart, line = { color: shade("line") }, label = { color: shade("muted"), fontSize: 11.5 };
      const top = Math.max(0, ...chart.series.filter((s) => !this.off.has(s.name)).flatMap((s) => s.data.map((p) => p[1])));
      const limitShown = chart.limit && (chart.log || chart.limit < 3 * top);
      return {
        animation: false,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        grid: { left: 54, right: 14, top: 14, bottom: chart.id === main ? 66 : 26 },
        xAxis: {
          type: "value", ...(this.overTime ? { min: first, max: last } : this.nines()), axisLine: { lineStyle: line }, axisTick: { show: false },
          splitLine: { show: !this.overTime, lineStyle: line }, splitNumber: this.box.clientWidth < 420 ? 4 : 8, minInterval: this.overTime ? 1 : 0,
          axisLabel: { ...label, hideOverlap: true, formatter: this.overTime ? clock : percentile, ...(this.overTime ? { showMaxLabel: false } : { customValues: this.nines().marks }) },
          axisPointer: { show: true, label: { show: false }, lineStyle: { color: shade("muted"), type: "solid", width: 1 }, snap: false },
        },
        yAxis: {
          type: chart.log ? "log" : "value", min: chart.log ? undefined : 0, minInterval: chart.whole ? 1 : 0,
          max: this.ceiling(limitShown),
          axisLabel: { ...label, formatter: tick }, splitLine: { lineStyle: line }, splitNumber: 4, axisLine: { show: false }, axisTick: { show: false },
        },
        tooltip: {
          trigger: "axis", confine: true, transitionDuration: 0, padding: [9, 12], borderWidth: 1, borderColor: shade("line"), backgroundColor: shade("surface"),
          extraCssText: "border-radius:10px;box-shadow:0 6px 24px rgb(0 0 0 / 16%)", formatter: (rows) => this.tip(rows[0]?.axisValue),
        },
        dataZoom: this.overTime ? this.zoom(label) : [],
        series: chart.series.flatMap((series, i) => [...this.band(series), this.line(series, i, limitShown)]),
      };
    }
    ceiling(limitShown) {
      if (this.chart.whole) return (range) => Math.ceil(range.max * 1.15 + 0.01);
      if (!limitShown) return null;
      const above = this.chart.log ? 10 ** Math.ceil(Math.log10(this.chart.limit * 1.1)) : this.chart.limit * 1.12;
      return (range) => (range.max >= this.chart.limit ? null : above);
    }
    nines() {
      const most = Math.max(1, ...this.chart.series.flatMap((s) => s.data.map((p) => p[0])));
      const marks = [0, Math.log10(2)];
      for (let n = 1; n <= most; n += 1) marks.push(n);
      return { min: 0, max: most, interval: 1, marks };
    }
    zoom(label) {
      const slider = {
        type: "slider", id: "slider", show: this.chart.id === main, height: 12, bottom: 14, borderRadius: 6, borderColor: "transparent", backgroundColor: shade("sunken"), fillerColor: shade("shade"), showDetail: false,
        brushSelect: false, dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } }, selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
        handleIcon: "circle", handleSize: "120%", handleStyle: { color: shade("surface"), borderColor: shade("muted") }, moveHandleSize: 0, textStyle: label, filterMode: "filter",
      };
      const inside = { type: "inside", id: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false, moveOnMouseWheel: false, disabled: touch };
      return [slider, inside];
    }
    band(series) {
      if (!series.band) return [];
      const points = this.off.has(series.name) ? [] : series.band;
      const part = (id, data, areaStyle) => ({
        id: `${series.name} ${id}`, type: "line", stack: `${series.name} band`, symbol: "none", silent: true, step: series.step ? "end" : false, z: 1, data,
        color: shade(series.colour), lineStyle: { opacity: 0 }, emphasis: { disabled: true }, areaStyle,
      });
      const spread = points.map(([x, low, high]) => [x, high - low]);
      return [part("least", points.map(([x, low]) => [x, low])), part("spread", spread, { color: shade(series.colour), opacity: 0.16 })];
    }
    line(series, i, limitShown) {
      const colour = shade(series.colour);
      const made = {
        id: series.name, name: series.name, type: "line", symbol: "none", color: colour, step: series.step ? "end" : false, z: 3,
        data: this.off.has(series.name) ? [] : series.data.filter((p) => !this.chart.log || p[1] > 0),
        lineStyle: { width: series.dash ? 1.6 : 2, type: series.dash ? [5, 4] : "solid", color: colour }, emphasis: { disabled: true },
        areaStyle: series.area ? { color: colour, opacity: series.dash ? 0.08 : 0.14 } : undefined,
      };
      return i ? made : { ...made, ...this.marks(limitShown) };
    }
    marks(limitShown) {
      const lines = [], muted = shade("muted"), warning = shade("failed");
      if (limitShown) {
        const text = `SLO ${this.chart.limit_of ?? ""} ≤ ${number(this.chart.limit)} ${this.chart.unit}`.replace("  ", " ");
        lines.push({ yAxis: this.chart.limit, lineStyle: { color: warning, type: [6, 4], width: 1.2 }, label: { show: true, formatter: text, position: "insideEndTop", color: warning, fontSize: 11.5 } });
      }
      if (!this.overTime) return { markLine: { silent: true, symbol: "none", data: lines } };
      const within = data.events.filter((e) => e.at >= first && e.at <= last);
      if (within.length <= 20 || this.chart.events) {
        lines.push(...within.map((e) => ({ xAxis: e.at, lineStyle: { color: muted, type: "dotted", width: 1, opacity: 0.6 }, label: { show: false } })));
      }
      const named = this.chart.id === main;
      const areas = data.shades.map((s) => [
        { xAxis: s.from, name: s.label, label: { show: named, position: s.from < (first + last) / 2 ? "insideTopLeft" : "insideTopRight", color: muted, fontSize: 11.5 } }, { xAxis: s.to },
      ]);
      return { markLine: { silent: true, symbol: "none", data: lines, z: 2 }, markArea: { silent: true, itemStyle: { color: shade("shade") }, data: areas } };
    }
    tip(x) {
      if (hovered !== this || x === undefined) return "";
      const tip = element("div");
      tip.className = "tip";
      element("b", this.overTime ? clock(x) : percentile(x), tip);
      for (const series of this.chart.series) {
        const point = this.off.has(series.name) ? undefined : nearest(series.data, x);
        if (!point) continue;
        const row = element("div", "", tip);
        element("i", "", row).style.setProperty("--key", `var(--${series.colour})`);
        element("span", series.name, row);
        element("b", `${number(point[1])} ${this.chart.unit}`.trim(), row);
      }
      const near = (last - first) / 80;
      if (this.overTime) data.events.filter((e) => Math.abs(e.at - x) <= near).slice(0, 4).forEach((e) => element("p", `${clock(e.at)} ${e.text}`, tip));
      return tip;
    }
  }

  // ------------------------------------------------------------------ the page around them
  function setTheme(theme) {
    if (theme) root.dataset.theme = theme;
    const dark = (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${dark ? "light" : "dark"} theme`);
    drawn.forEach((plot) => plot.draw());
    return dark ? "dark" : "light";
  }
  const button = document.getElementById("theme");
  let theme = setTheme();
  button.hidden = false;
  button.addEventListener("click", () => { theme = setTheme(theme === "dark" ? "light" : "dark"); });
  prefersDark.addEventListener("change", () => { theme = setTheme(); });

  data.charts.forEach((chart) => drawn.push(new Plot(chart)));
  echarts.connect("time");

  const ranges = document.getElementById("ranges");
  function press() {
    const { startValue, endValue } = drawn.find((plot) => plot.overTime).canvas.getOption().dataZoom[0];
    ranges.querySelectorAll("button").forEach((b) => {
      const [from, to] = b.dataset.range === "all" ? [first, last] : data.measured;
      b.setAttribute("aria-pressed", String(Math.abs(startValue - from) < 0.5 && Math.abs(endValue - to) < 0.5));
    });
  }
  if (ranges && data.measured) {
    ranges.hidden = false;
    ranges.addEventListener("click", (event) => {
      const range = event.target.dataset.range;
      if (!range) return;
      const [startValue, endValue] = range === "all" ? [first, last] : data.measured;
      drawn.find((plot) => plot.overTime).canvas.dispatchAction({ type: "dataZoom", dataZoomId: "slider", startValue, endValue });
    });
    drawn.find((plot) => plot.overTime).canvas.on("datazoom", press);
  }

  const copy = document.getElementById("copy");
  if (copy) copy.hidden = false;
  copy?.addEventListener("click", () => {
    const scenario = document.getElementById("scenario");
    const select = () => getSelection().selectAllChildren(scenario);
    const done = () => { copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy YAML"; }, 1600); };
    if (navigator.clipboard) navigator.clipboard.writeText(scenario.textContent).then(done, select); else select();
  });

  let shown = theme;
  addEventListener("beforeprint", () => {
    shown = theme;
    setTheme("light");
    drawn.forEach((plot) => plot.canvas.resize({ width: plot.chart.wide ? 640 : 290 }));
  });
  addEventListener("afterprint", () => {
    theme = setTheme(shown);
    drawn.forEach((plot) => plot.canvas.resize({ width: "auto" }));
  });
})();
