// SPDX-License-Identifier: Apache-2.0

// One K: what is hidden against what is kept, as a drawing, a heat map and a table.

const sliderSteps = 240;
const measureNames = {
  alignment: 'alignment (%)', gain: 'gain over no noise (points)', accuracy: 'test accuracy (%)',
};

/** Dark to light; every step is darker than the next for any eye. */
const rising = [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];
/** Orange for a loss, white for none, blue for a gain. */
const twoSided = [[158, 73, 0], [230, 145, 60], [244, 244, 244], [90, 160, 215], [12, 84, 150]];

function mixed(anchors, share) {
  const at = Math.min(Math.max(share, 0), 1) * (anchors.length - 1);
  const low = Math.min(Math.floor(at), anchors.length - 2);
  return anchors[low].map((value, i) => Math.round(value + (anchors[low + 1][i] - value) * (at - low)));
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function paint(cell, rgb) {
  cell.style.backgroundColor = `rgb(${rgb.join(',')})`;
  cell.style.color = luminance(rgb) > 0.179 ? '#000' : '#fff';
}

/** Families of masks with a share hidden, each from the weakest on. */
function maskFamilies(curves) {
  const families = new Map();
  for (const curve of curves) {
    if (curve.family === 0 || curve.hidden === undefined) continue;
    if (!families.has(curve.family)) families.set(curve.family, []);
    families.get(curve.family).push(curve);
  }
  for (const list of families.values()) list.sort((a, b) => a.hidden - b.hidden);
  return families;
}

function drawMasks(families, plain, measure, k, chart) {
  const datasets = [];
  for (const [family, curves] of families) {
    const points = [], said = [], intervals = [];
    for (const curve of curves) {
      const found = valueOf(curve, measure, k);
      if (!found) continue;
      points.push({x: 100 * curve.hidden, y: found.value});
      said.push(found.said);
      intervals.push(intervalOf(found));
    }
    const line = styled({label: data.families[family], data: points, said, intervals}, family, 1);
    line.pointRadius = 4;
    datasets.push(line);
  }
  const base = plain && valueOf(plain, measure, k);
  if (base) {
    const line = styled({label: 'no noise', data: [{x: 0, y: base.value}, {x: 100, y: base.value}],
                         said: [base.said, base.said]}, 0, 1);
    datasets.push(Object.assign(line, {borderDash: [6, 5], borderWidth: 2, pointRadius: 0}));
  }
  chart.data.datasets = datasets;
  chart.options.scales.y.title.text = measureNames[measure];
  colour(datasets, chart.config.options);
  chart.update();
}

function fillHeat(families, measure, k) {
  const table = document.getElementById('heat');
  const key = (hidden) => Math.round(1000 * hidden);
  const columns = [...new Set([...families.values()].flat().map((curve) => key(curve.hidden)))].sort((a, b) => a - b);
  const found = new Map();
  for (const curves of families.values())
    for (const curve of curves) found.set(curve, valueOf(curve, measure, k));
  const values = [...found.values()].filter(Boolean).map((one) => one.value);
  const least = Math.min(...values), most = Math.max(...values), span = Math.max(Math.abs(least), Math.abs(most));
  const head = element('tr', '');
  head.append(element('th', 'hidden', {scope: 'col'}));
  for (const column of columns) head.append(element('th', `${Number((column / 10).toFixed(1))} %`, {scope: 'col'}));
  table.tHead.replaceChildren(head);
  const rows = [];
  for (const [family, curves] of families) {
    const row = element('tr', '');
    row.append(element('th', data.families[family], {scope: 'row'}));
    for (const column of columns) {
      const one = found.get(curves.find((curve) => key(curve.hidden) === column));
      const cell = element('td', one ? (measure === 'gain' ? signed(one.value) : one.value.toFixed(2)) : '–');
      if (one) {
        if (measure === 'gain') paint(cell, mixed(twoSided, span > 0 ? 0.5 + one.value / span / 2 : 0.5));
        else paint(cell, mixed(rising, most > least ? (one.value - least) / (most - least) : 0.5));
        if (one.value === most) cell.append(' ★', element('span', ' best', {class: 'unseen'}));
      }
      row.append(cell);
    }
    rows.push(row);
  }
  table.tBodies[0].replaceChildren(...rows);
  table.caption.textContent = `${measureNames[measure]} at K = ${k}` +
      (values.length ? `: from ${least.toFixed(2)} to ${most.toFixed(2)}` : ': none of these masks reaches this K');
}

/** The table is there already, a row a curve; its cells follow K. */
function fillTable(curves, k) {
  const table = document.getElementById('table-at-k');
  for (const now of document.querySelectorAll('.k-now')) now.textContent = k;
  const best = Math.max(...curves.map((curve) => curve.at('alignment', k) ?? -1));
  curves.forEach((curve, i) => {
    const cells = table.tBodies[0].rows[i].cells;
    ['alignment', 'gain', 'accuracy'].forEach((measure, column) => {
      if (!cells[column + 1]) return;
      const found = valueOf(curve, measure, k);
      cells[column + 1].textContent = found ? found.said : '–';
      if (found && measure === 'alignment' && found.value === best)
        cells[column + 1].prepend(element('span', 'best ★ '));
    });
  });
}

function wordsAt(curves, k) {
  const there = curves.filter((curve) => !curve.seesClasses && curve.at('alignment', k) !== undefined);
  if (there.length === 0) return `K = ${k}`;
  const best = there.reduce((a, b) => (b.at('alignment', k) > a.at('alignment', k) ? b : a));
  const gain = valueOf(best, 'gain', k);
  return `At K = ${k.toLocaleString('en')}: ${best.label} is best, ${best.at('alignment', k).toFixed(2)} %` +
      (gain ? `, ${gain.said} points over no noise.` : '.');
}

/** Slider, number, choice of a measure, and all that follows them. */
function startMasks({curves, ks, shownK}, overK) {
  const families = maskFamilies(curves);
  const plain = curves.find((curve) => curve.base !== undefined && curves[curve.base] === curve);
  const slider = document.getElementById('k-slider'), number = document.getElementById('k-number');
  const measure = document.getElementById('measure'), words = document.getElementById('k-words');
  if (families.size === 0) document.getElementById('masks-drawn').remove();
  if (!plain) measure.querySelector('[value="gain"]').remove();
  const stops = thinned(ks.length, sliderSteps).map((i) => ks[i]);
  slider.max = stops.length - 1;
  const chart = families.size === 0 ? undefined : drawLines(document.getElementById('chart-masks'), {
    datasets: [], x: axis('hidden (% of the input)', false, {min: 0, max: 100}), y: axis('alignment (%)', false, {}),
    title: (hidden) => `${plainNumber(hidden)} % hidden`,
  });
  if (chart) legendBelow('chart-masks', [...families.keys()].map((family) => [family, data.families[family]]));
  let later;
  const show = (k) => {
    const away = (stop) => Math.abs(Math.log(stop / k));
    slider.value = stops.reduce((best, stop, i) => (away(stop) < away(stops[best]) ? i : best), 0);
    slider.setAttribute('aria-valuetext', `K = ${k}`);
    number.value = k;
    if (chart) {
      drawMasks(families, plain, measure.value, k, chart);
      fillHeat(families, measure.value, k);
    }
    fillTable(curves, k);
    for (const each of overK) {
      each.chosenK = k;
      each.draw();
    }
    clearTimeout(later);  // a screen reader hears where the slider stops
    later = setTimeout(() => { words.textContent = wordsAt(curves, k); }, 150);
  };
  const nearestK = (wanted) => ks.reduce((best, k) => (Math.abs(k - wanted) < Math.abs(best - wanted) ? k : best));
  slider.addEventListener('input', () => show(stops[slider.value]));
  number.addEventListener('change', () => show(nearestK(Number(number.value) || shownK)));
  measure.addEventListener('change', () => show(Number(number.value)));
  show(nearestK(shownK));
}
