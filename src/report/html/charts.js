// SPDX-License-Identifier: Apache-2.0
'use strict';

// What all drawings share: colours of the theme, axes, legends.

const data = JSON.parse(document.getElementById('report-data').textContent);
document.documentElement.classList.add('scripted');

const restyles = [];  // one function a drawing, called when the theme changes
const markers = ['circle', 'circle', 'triangle', 'rect', 'rectRot', 'star', 'crossRot', 'cross'];
const dashes = [[], [], [7, 3], [2, 3], [12, 3, 2, 3], [5, 5], [14, 4], [9, 3, 2, 3, 2, 3]];
const kinds = markers.length;

/** Colour and marks of a family: 0 is no noise; from the eighth on they come again. */
function styleNumber(family) {
  return family === 0 ? 0 : (family - 1) % (kinds - 1) + 1;
}

function themeColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

function familyColour(family) {
  return themeColour('f' + styleNumber(family));
}

/** "#rrggbb" with an opacity from 0 to 1. */
function faded(colour, opacity) {
  return colour + Math.round(255 * opacity).toString(16).padStart(2, '0');
}

/** A line of a family; strength from 0 to 1 makes it wider and denser. */
function styled(dataset, family, strength) {
  const number = styleNumber(family);
  return Object.assign(dataset, {
    family,
    strength,
    borderDash: dashes[number],
    borderWidth: family === 0 ? 2.5 : 1 + 1.4 * strength,
    pointStyle: markers[number],
    pointRadius: dataset.data.length <= 30 ? 3 : 0,
    pointHitRadius: 8,
    pointHoverRadius: 5,
    tension: 0,
    spanGaps: true,
    order: family === 0 ? 0 : 1,
  });
}

/** Gives lines and axes the colours of the theme. */
function colour(datasets, options) {
  for (const line of datasets) {
    const own = familyColour(line.family);
    line.borderColor = line.pointBorderColor = faded(own, line.family === 0 ? 1 : 0.45 + 0.55 * line.strength);
    line.pointBackgroundColor = line.borderColor;
    line.backgroundColor = faded(own, 0.14);
  }
  const text = themeColour('text'), quiet = themeColour('quiet');
  for (const scale of Object.values(options.scales)) {
    scale.ticks.color = quiet;
    scale.title.color = text;
    scale.grid.color = themeColour('grid');
    scale.grid.borderColor = themeColour('line');
  }
  const tooltip = options.plugins.tooltip;
  tooltip.backgroundColor = themeColour('panel');
  tooltip.titleColor = tooltip.bodyColor = text;
  tooltip.borderColor = themeColour('line');
}

const tickSets = [[1, 2, 5], [1], [1, 2, 3, 4, 5, 6, 7, 8, 9]];  // of a decade, as they are preferred
const fewestTicks = 3;
const letterWidth = 8, tickGap = 10, axisRoom = 70;  // pixels

/** 2 of 20 and of 0.2; 0 of 16, which has more digits than one. */
function onlyDigit(value) {
  const digits = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
  return Math.abs(digits - Math.round(digits)) < 1e-6 ? Math.round(digits) : 0;
}

/** Of a log axis: 1, 2, 5, 10 … alone; 1, 10, 100 where there is little room; more where these would be too few. */
function logTick(value, index, ticks) {
  const letters = this.isHorizontal() ? Math.max(...ticks.map((tick) => plainNumber(tick.value).length)) : 1;
  const decade = (this.chart.width - axisRoom) / Math.log10(this.max / this.min);
  const fits = Math.log10(2) * decade >= letters * letterWidth + tickGap;
  const count = (set) => ticks.filter((tick) => set.includes(onlyDigit(tick.value))).length;
  const wanted = fits ? tickSets : [tickSets[1], tickSets[0], tickSets[2]];
  const set = wanted.find((each) => count(each) >= fewestTicks) ?? tickSets[2];
  return set.includes(onlyDigit(value)) ? plainNumber(value) : '';
}

function plainNumber(value) {
  return Math.abs(value) >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(3)));
}

/** Of a linear axis: all digits of its step, without the dust of arithmetic. */
function linearTick(value) {
  return value.toLocaleString('en', {maximumFractionDigits: 6});
}

function axis(label, logarithmic, range) {
  return Object.assign({
    type: logarithmic ? 'logarithmic' : 'linear',
    title: {display: true, text: label},
    grid: {},
  }, range, {
    ticks: Object.assign(
        {autoSkip: !logarithmic, maxRotation: 0, callback: logarithmic ? logTick : linearTick}, range.ticks),
  });
}

/** Bars of dataset.intervals, [low, high] or nothing a point. */
const intervalBars = {
  id: 'intervalBars',
  beforeDatasetsDraw(chart) {
    chart.data.datasets.forEach((line, index) => {
      if (!line.intervals || !chart.isDatasetVisible(index)) return;
      const pen = chart.ctx;
      pen.save();
      pen.strokeStyle = line.borderColor;
      pen.lineWidth = 1.5;
      line.intervals.forEach((interval, i) => {
        if (!interval) return;
        const x = chart.scales.x.getPixelForValue(line.data[i].x);
        const [low, high] = interval.map((end) => chart.scales.y.getPixelForValue(end));
        pen.beginPath();
        pen.moveTo(x, low);
        pen.lineTo(x, high);
        for (const end of [low, high]) {
          pen.moveTo(x - 3, end);
          pen.lineTo(x + 3, end);
        }
        pen.stroke();
      });
      pen.restore();
    });
  },
};

/** A vertical line at chart.chosenK, and the zero of an axis that has both signs. */
const guides = {
  id: 'guides',
  beforeDatasetsDraw(chart) {
    const {ctx: pen, chartArea: area, scales: {x, y}} = chart;
    pen.save();
    pen.strokeStyle = themeColour('quiet');
    pen.lineWidth = 1;
    pen.beginPath();
    if (chart.chosenK >= x.min && chart.chosenK <= x.max) {
      pen.moveTo(x.getPixelForValue(chart.chosenK), area.top);
      pen.lineTo(x.getPixelForValue(chart.chosenK), area.bottom);
    }
    if (y.min < 0 && y.max > 0) {
      pen.moveTo(area.left, y.getPixelForValue(0));
      pen.lineTo(area.right, y.getPixelForValue(0));
    }
    pen.stroke();
    pen.restore();
  },
};

/** A drawing of lines on a canvas. */
function drawLines(canvas, {datasets, x, y, title = (value) => plainNumber(value)}) {
  const options = {
    animation: false,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    interaction: {mode: 'nearest', intersect: false},
    scales: {x, y},
    plugins: {
      legend: {display: false},
      tooltip: {
        borderWidth: 1,
        filter: (item) => !item.dataset.interval,
        callbacks: {
          title: (items) => (items.length ? title(items[0].parsed.x) : ''),
          label: (item) => `${item.dataset.label}: ${item.dataset.said ? item.dataset.said[item.dataIndex]
                                                                       : plainNumber(item.parsed.y)}`,
        },
      },
    },
  };
  colour(datasets, options);
  const chart = new Chart(canvas, {type: 'line', data: {datasets}, plugins: [guides, intervalBars], options});
  restyles.push(() => {
    colour(chart.data.datasets, chart.config.options);
    chart.update();
  });
  return chart;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A short line with its mark, as in a drawing. */
function swatch(family) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'swatch');
  svg.setAttribute('viewBox', '0 0 36 14');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'line');
  const number = styleNumber(family);
  for (const [name, value] of Object.entries({x1: 0, y1: 7, x2: 36, y2: 7, 'stroke-width': 2.5}))
    line.setAttribute(name, value);
  line.setAttribute('stroke-dasharray', dashes[number].join(' '));
  line.style.stroke = `var(--f${number})`;
  svg.append(line);
  return svg;
}

function legendBelow(id, families) {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const [family, name] of families) {
    const item = document.createElement('li');
    item.append(swatch(family), name);
    list.append(item);
  }
  document.getElementById(id).parentElement.after(list);
}

/** Says of every box with a wide table that it scrolls, and shades the side where there is more. */
function watchWideTables() {
  for (const box of document.querySelectorAll('.scroll')) {
    const hint = element('p', 'Wider than the page: it scrolls sideways.', {class: 'note hint', hidden: ''});
    box.parentElement.before(hint);
    hint.id = `wide-${document.querySelectorAll('.hint').length}`;
    const look = () => {
      const hidden = box.scrollWidth - box.clientWidth, wide = hidden > 1;
      hint.hidden = !wide;
      if (wide) box.setAttribute('aria-describedby', hint.id);
      else box.removeAttribute('aria-describedby');
      box.parentElement.classList.toggle('more-left', wide && box.scrollLeft > 1);
      box.parentElement.classList.toggle('more-right', wide && box.scrollLeft < hidden - 1);
    };
    box.addEventListener('scroll', look, {passive: true});
    const watch = new ResizeObserver(look);  // the box changes with the window, the table with what it shows
    watch.observe(box);
    watch.observe(box.firstElementChild);
  }
}

/** The drawings whose lines the page brings ready. */
function drawReady(spec) {
  const datasets = spec.lines.map((line) => styled(
      {label: line.label, data: line.x.map((x, i) => ({x, y: line.y[i]}))}, line.family, line.strength));
  const flat = spec.yLog ? {} : {beginAtZero: true};
  const xs = spec.lines.flatMap((line) => line.x);
  const range = {min: Math.min(...xs), max: Math.max(...xs)};
  drawLines(document.getElementById(spec.id), {
    datasets,
    x: axis(spec.xLabel + (spec.xLog ? ' (log scale)' : ''), spec.xLog, range),
    y: axis(spec.yLabel + (spec.yLog ? ' (log scale)' : ''), spec.yLog, flat),
  });
  legendBelow(spec.id, spec.families);
}
