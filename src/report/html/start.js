// SPDX-License-Identifier: Apache-2.0

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.font.size = 13;

for (const spec of data.charts) drawReady(spec);
if (data.curves) {
  const all = readCurves(data.curves);
  startMasks(all, drawCurves(all));
}

watchWideTables();

function restyleAll() {
  for (const restyle of restyles) restyle();
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyleAll);
// Paper is light.
addEventListener('beforeprint', () => {
  document.documentElement.classList.add('printing');
  restyleAll();
});
addEventListener('afterprint', () => {
  document.documentElement.classList.remove('printing');
  restyleAll();
});
document.documentElement.dataset.readyAfter = String(Math.round(performance.now()));
