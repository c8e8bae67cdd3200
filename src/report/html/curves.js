// SPDX-License-Identifier: Apache-2.0

// Curves over K: alignment, gain over no noise, accuracy; which families are shown.

const mostPoints = 140;  // of a line that is drawn; the tables and the slider know every K
const mostBands = 6;     // lines whose intervals are shaded

/** Undoes the packing: differences, in units of 1 / scale. */
function unpack(list, scale) {
  let sum = 0;
  return list.map((step) => (sum += step) / scale);
}

/** At most `most` indices below count, in about equal ratios. */
function thinned(count, most) {
  if (count <= most) return Array.from({length: count}, (_, i) => i);
  const indices = new Set();
  for (let i = 0; i < most; ++i) indices.add(Math.round(Math.pow(count, i / (most - 1))) - 1);
  return [...indices];
}

/** Every curve with its lists, and values by K in percent. */
function readCurves(packed) {
  const lists = packed.lists.map((list) => unpack(list, 1));
  const places = lists.map((list) => new Map(list.map((k, i) => [k, i])));
  const curves = packed.all.map((one) => {
    const curve = Object.assign({}, one, {ks: lists[one.k]});
    for (const name of ['alignment', 'accuracy', 'low', 'high', 'margin'])
      if (one[name]) curve[name] = unpack(one[name], packed.scale).map((share) => 100 * share);
    curve.at = (name, k) => (curve[name] ? curve[name][places[one.k].get(k)] : undefined);
    curve.marginAt = (k) => (curve.margin ? curve.margin[places[one.marginK].get(k)] : undefined);
    return curve;
  });
  for (const curve of curves) {
    const base = curves[curve.base];
    curve.gainAt = (k) => (base && base !== curve && base.at('alignment', k) !== undefined &&
                           curve.at('alignment', k) !== undefined
                               ? curve.at('alignment', k) - base.at('alignment', k) : undefined);
  }
  for (const curve of curves) {
    const family = curves.filter((other) => other.family === curve.family).map((other) => other.strength);
    const weaker = family.filter((other) => other < curve.strength).length;
    curve.rank = family.length < 2 ? 1 : weaker / (family.length - 1);
  }
  const ks = [...new Set(lists.flat())].sort((a, b) => a - b);
  return {curves, ks, shownK: packed.shownK};
}

function signed(value) {
  return (value < 0 ? '−' : '+') + Math.abs(value).toFixed(2);
}

/** What a curve is worth at K under a measure: value, half an interval, and how it is said. */
function valueOf(curve, measure, k) {
  if (measure === 'gain') {
    const value = curve.gainAt(k), margin = curve.marginAt(k);
    if (value === undefined) return undefined;
    return {value, margin, said: signed(value) + (margin > 0 ? ` ± ${margin.toFixed(2)}` : '')};
  }
  const value = curve.at(measure, k);
  if (value === undefined) return undefined;
  if (measure === 'alignment' || !curve.low) return {value, said: value.toFixed(2)};
  const low = curve.at('low', k), high = curve.at('high', k);
  return {value, low, high, said: `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`};
}

/** [low, high] of what valueOf found, where the results have it; of an accuracy it is not about its middle. */
function intervalOf(found) {
  if (found.margin > 0) return [found.value - found.margin, found.value + found.margin];
  return found.low === undefined ? undefined : [found.low, found.high];
}

function curveLines(curves, measure) {
  const lines = [];
  for (const curve of curves) {
    const points = [], said = [], lows = [], highs = [];
    for (const i of thinned(curve.ks.length, mostPoints)) {
      const k = curve.ks[i], found = valueOf(curve, measure, k);
      if (!found) continue;
      points.push({x: k, y: found.value});
      said.push(found.said);
      const interval = intervalOf(found);
      if (!interval) continue;
      lows.push({x: k, y: interval[0]});
      highs.push({x: k, y: interval[1]});
    }
    if (points.length === 0) continue;
    lines.push(styled({label: curve.label, data: points, said}, curve.family, curve.rank));
    if (lows.length === 0) continue;
    const edge = {borderWidth: 0, pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, interval: true};
    lines.push(Object.assign(styled({label: curve.label, data: lows}, curve.family, curve.rank), edge));
    lines.push(Object.assign(styled({label: curve.label, data: highs}, curve.family, curve.rank), edge, {fill: '-1'}));
  }
  return lines;
}

/** Shows the chosen families; intervals only where few lines are shown. */
function showFamilies(charts, shown) {
  for (const chart of charts) {
    const visible = chart.data.datasets.filter((line) => !line.interval && shown.has(line.family)).length;
    chart.data.datasets.forEach((line) => {
      line.hidden = !shown.has(line.family) || (line.interval && visible > mostBands);
    });
    if (chart.panel) chart.panel.hidden = visible === 0;
    chart.update();
  }
}

function makePicker(curves, charts) {
  const box = document.getElementById('pick');
  const families = [...new Set(curves.map((curve) => curve.family))].sort((a, b) => a - b);
  const shown = new Set(families);
  for (const family of families) {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'checkbox';
    input.checked = true;
    input.dataset.family = family;
    input.addEventListener('change', () => {
      if (input.checked) shown.add(family);
      else shown.delete(family);
      showFamilies(charts, shown);
    });
    const count = curves.filter((curve) => curve.family === family).length;
    label.append(input, swatch(family), data.families[family] + (count > 1 ? ` (${count})` : ''));
    box.append(label);
  }
  showFamilies(charts, shown);
}

const titleOfK = (k) => `K = ${k.toLocaleString('en')}`;

/** "4×4 patches hidden: mask:patch=4,ratio=0.11 to mask:patch=4,ratio=0.99", and what it goes through. */
function panelWords(name, lines) {
  const values = lines.flatMap((line) => line.data.map((point) => point.y));
  return `Gain over no noise, ${name}, ${lines.length} line${lines.length === 1 ? '' : 's'}: ` +
      `from ${signed(Math.min(...values))} to ${signed(Math.max(...values))} points over all K.`;
}

/** The same ends for all panels: whole steps of 1, 2 or 5 times a power of ten. */
function roundRange(low, high) {
  const rough = Math.max(high - low, 1e-3) / 5, power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  return {min: Math.floor(low / step) * step, max: Math.ceil(high / step) * step || step, ticks: {stepSize: step}};
}

/** A small drawing a family, all to one scale. */
function drawGains(curves, range) {
  const all = curveLines(curves, 'gain').filter((line) => line.family !== 0);
  const box = document.getElementById('gain-panels');
  if (all.length === 0) {
    document.getElementById('gains').remove();
    return [];
  }
  const values = all.filter((line) => !line.interval).flatMap((line) => line.data.map((point) => point.y));
  const scale = roundRange(Math.min(0, ...values), Math.max(0, ...values));
  return [...new Set(all.map((line) => line.family))].sort((a, b) => a - b).map((family) => {
    const lines = all.filter((line) => line.family === family), named = lines.filter((line) => !line.interval);
    for (const line of lines) line.borderDash = [];  // each has a panel to itself
    const panel = element('div', '', {class: 'panel'}), space = element('div', '', {class: 'canvas small'});
    const canvas = element('canvas', '', {role: 'img', 'aria-label': panelWords(data.families[family], named)});
    const weakest = named.reduce((a, b) => (b.strength < a.strength ? b : a));
    const strongest = named.reduce((a, b) => (b.strength >= a.strength ? b : a));
    space.append(canvas);
    panel.append(element('h4', data.families[family]), space);
    const ends = `${weakest.label} (thin, pale) to ${strongest.label} (wide)`;
    panel.append(element('p', named.length === 1 ? weakest.label : ends, {class: 'note'}));
    box.append(panel);
    const chart = drawLines(canvas, {
      datasets: lines, x: axis('K (log scale)', true, range), y: axis('gain (points)', false, scale), title: titleOfK,
    });
    chart.panel = panel;
    return chart;
  });
}

/** The drawings over K; those that are there. */
function drawCurves({curves, ks}) {
  const range = {min: ks[0], max: Math.max(ks[ks.length - 1], ks[0] + 1)};
  const draw = (id, measure, y) => {
    const canvas = document.getElementById(id), datasets = curveLines(curves, measure);
    if (!canvas || datasets.length === 0) return [];
    return [drawLines(canvas, {datasets, y, x: axis('K, learned features (log scale)', true, range), title: titleOfK})];
  };
  const charts = [
    ...draw('chart-alignment', 'alignment', axis('alignment (%)', false, {min: 0, max: 100})),
    ...drawGains(curves, range),
    ...draw('chart-accuracy', 'accuracy', axis('test accuracy (%)', false, {min: 0})),
  ];
  makePicker(curves, charts);
  return charts;
}
