import type { TopLevelSpec } from 'vega-lite';

/** Colours that hold on white and on near-black; text and lines are recoloured by the page's style sheet. */
export const colors = {
  right: '#2f7fb8',
  wrong: '#e0562b',
  faint: '#9db4c4',
  third: '#3a9d6e',
  middle: '#c98f1d',
} as const;

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

const config = {
  background: 'white',
  font,
  view: { stroke: null },
  axis: {
    domainColor: '#8a8f98',
    tickColor: '#8a8f98',
    gridColor: '#8a8f98',
    gridOpacity: 0.22,
    labelColor: '#3b4048',
    titleColor: '#3b4048',
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  legend: {
    labelColor: '#3b4048',
    titleColor: '#3b4048',
    labelFontSize: 12,
    titleFontSize: 12,
    labelLimit: 0,
    symbolStrokeWidth: 2.5,
  },
  title: { color: '#3b4048', fontSize: 13, fontWeight: 600, anchor: 'start', offset: 10 },
} as const;

/** Characters that XML knows no way to write. */
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f]/g;

/**
 * Draws a Vega-Lite specification as SVG text, without a browser. Marks with a `description` get it as a `<title>`, which browsers
 * show on hover without any script. Vega is large and loads here, so that only a report pays for it. The specification's own type is
 * a union of hundreds that rejects what it cannot narrow; Vega-Lite checks what it is given.
 */
export const vegaSvg = async (spec: Readonly<Record<string, unknown>>): Promise<string> => {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = vegaLite.compile({ ...spec, config } as unknown as TopLevelSpec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    const svg = await view.toSVG();
    return svg
      .replace(forbidden, '\ufffd')
      .replace(/<path aria-label="([^"]*)"([^>]*)\/>/g, '<path aria-label="$1"$2><title>$1</title></path>');
  } finally {
    view.finalize();
  }
};
